"""How tables are drawn: fitted to a terminal, and so wide in a pipe that no line of theirs is cut."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

WIDTH_OF_A_PIPE = 160


def wide_console() -> "Console":
    """Standard output, for tables."""
    from scraper.cli.console import console_on

    return console_on(sys.stdout, width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)


def draw(*parts: "RenderableType") -> None:
    """Print to standard output; in a pipe no line ends with the blanks that fill a table's last column."""
    console = wide_console()
    if sys.stdout.isatty():
        console.print(*parts, sep="\n")
        return
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def bare_table(*columns: str) -> "Table":
    """A table without lines, long values folded; without columns it has no head, and they are still to be added."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=bool(columns), header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
