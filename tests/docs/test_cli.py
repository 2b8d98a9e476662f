"""`docs/cli.md` is the contract of the command: the same commands, options and exit codes as the program."""

import re
from functools import cache
from typing import Any

from scraper import errors
from scraper.cli.app import COMMANDS, GROUPS, build_command
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from tests.cases import for_each
from tests.commands import command_of
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
HEADING = re.compile(r"^#+ `(aurion[a-z -]*)`$", re.MULTILINE)
OPTION = re.compile(r"`(--?[a-z][a-z-]*)[ `]")
EXIT_CODE = re.compile(r"^\| (\d+) \|", re.MULTILINE)
SETTINGS_TABLE = "[settings](configuration.md#settings)"
OWN_CODES = {0, 1}
"""Exit codes without an error: done, and a finding of `check` or `doctor`."""


def setting_options() -> set[str]:
    """Return the options in the table of settings, to which the tables of commands refer."""
    table = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8").partition("\n## Settings\n")[2]
    rows = re.findall(r"^\| `\w+` \|([^|]*)\|", table.partition("\n## ")[0], re.MULTILINE)
    return set(OPTION.findall(" ".join(rows)))


@cache
def documented() -> dict[str, set[str]]:
    """Return the options of each command in the document."""
    parts = HEADING.split(TEXT)
    found = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        section = re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
        cells = [re.split(r"(?<!\\)\|", line)[1] for line in section.splitlines() if line.startswith("|")]
        found[name] = set(OPTION.findall(" ".join(cells)))
        for cell in (cell for cell in cells if SETTINGS_TABLE in cell):
            named = found[name] - set(OPTION.findall(cell))
            found[name] = named | (setting_options() - set(OPTION.findall(cell.partition(" except ")[2])))
    return found


@cache
def implemented() -> dict[str, set[str]]:
    """Return the options of each command in the program; `--help` is common to all."""
    words = Catalogue("en")
    commands: dict[str, Any] = {"": build_command(words)}
    commands |= {f" {name}": command_of(words, name) for name in (*COMMANDS, "help")}
    for name in GROUPS:
        for part in command_of(words, name).commands:
            commands[f" {name} {part}"] = command_of(words, name, part)
    return {f"aurion{name}": options_of(one) for name, one in commands.items()}


def options_of(one: Any) -> set[str]:  # noqa: ANN401 - typer keeps its classes to itself
    """Return every spelling of every option, such as `--no-sandbox` and `-o`."""
    options = [each for each in one.params if each.param_type_name == "option" and not each.hidden]
    return {name for each in options for name in (*each.opts, *each.secondary_opts)} - {"--help", "-h"}


def error_classes(kind: type[AurionError]) -> set[type[AurionError]]:
    """Return the class with all its subclasses."""
    return {kind, *(found for one in kind.__subclasses__() for found in error_classes(one))}


def test_every_command_is_documented_and_exists() -> None:
    """Compare the commands of document and program."""
    assert sorted(documented()) == sorted(implemented())


@for_each("name", sorted(documented()))
def test_options_of_every_command_are_documented_and_exist(name: str) -> None:
    """The table of a command has exactly its options."""
    assert sorted(documented()[name]) == sorted(implemented().get(name, set()))


def test_every_exit_code_is_documented_and_exists() -> None:
    """The table has those of all errors, and the two without an error."""
    table = TEXT.partition("\n## Exit codes\n")[2]
    codes = {one.exit_code for one in error_classes(AurionError) if one.__module__ == errors.__name__}
    assert {int(code) for code in EXIT_CODE.findall(table)} == codes | OWN_CODES


def test_troubleshooting_has_a_next_step_for_every_exit_code() -> None:
    """The table of next steps has every code of the reference."""
    steps = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    contract = EXIT_CODE.findall(TEXT.partition("\n## Exit codes\n")[2])
    assert EXIT_CODE.findall(steps.partition("\n## Exit codes\n")[2]) == contract
