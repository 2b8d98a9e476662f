"""Tables, fitted to the terminal; in a pipe wide enough that no line is cut."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

WIDTH_OF_A_PIPE = 160


def wide_console() -> "Console":
    """Return a console on standard output for tables."""
    from scraper.cli.console import console_on

    return console_on(sys.stdout, width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)


def draw(*parts: "RenderableType") -> None:
    """Print to standard output, without trailing blanks in a pipe."""
    console = wide_console()
    if sys.stdout.isatty():
        console.print(*parts, sep="\n")
        return
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def bare_table(*columns: str) -> "Table":
    """Return a table without borders; without `columns` it has no header, and the caller adds the columns."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=bool(columns), header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
