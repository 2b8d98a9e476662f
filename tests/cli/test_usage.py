"""Usage errors, help and shell completion, in the user's language."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from scraper.cli.app import COMMANDS, GROUPS, run_command_line
from scraper.cli.commands.completion import SHELLS
from scraper.cli.shell_completion import COMPLETION
from scraper.i18n import Catalogue
from tests.cases import for_each
from tests.commands import NO_DRIVER, run_here

FULL = Path("/dev/full")


@for_each(
    ("given", "reported"),
    [
        (["bogus"], ["La commande « bogus » n’existe pas.", "Voyez aurion --help."]),  # noqa: RUF001 - as printed
        (["exprot"], ["La commande « exprot » n’existe pas.", "Vouliez-vous dire export ? Voyez aurion --help."]),  # noqa: RUF001
        (["it's"], ["La commande « it's » n’existe pas.", "Voyez aurion --help."]),  # noqa: RUF001
        ([""], ["La commande « (vide) » n’existe pas.", "Voyez aurion --help."]),  # noqa: RUF001
        (["help", "bogus"], ["La commande « bogus » n’existe pas.", "Voyez aurion --help."]),  # noqa: RUF001
        (["account", "bogus"], ["La commande « bogus » n’existe pas.", "Voyez aurion account --help."]),  # noqa: RUF001
        (
            ["feed", "lsit"],
            ["La commande « lsit » n’existe pas.", "Vouliez-vous dire list ? Voyez aurion feed --help."],  # noqa: RUF001
        ),
        (["--"], ["La ligne de commande n’est pas valide.", "Voyez aurion --help."]),  # noqa: RUF001
        (["export", "--zzz"], ["L’option --zzz n’existe pas.", "Voyez aurion export --help."]),  # noqa: RUF001
        (
            ["export", "--mnths", "3"],
            [
                "L’option --mnths n’existe pas.",  # noqa: RUF001
                "Vouliez-vous dire --months, --menu ? Voyez aurion export --help.",
            ],
        ),
        (["export", "--json=1"], ["L’option --json ne prend pas de valeur.", "Voyez aurion export --help."]),  # noqa: RUF001
        (["--jsn"], ["L’option --jsn n’existe pas.", "Voyez aurion --help."]),  # noqa: RUF001
        (
            ["export", "--months", "3", "--until", "2026-12-01"],
            [
                "« --months » et « --until » ne vont pas ensemble : tous deux fixent le dernier jour.",
                "Retirez l’un des deux. « --months » compte à partir de « --from », ou d’aujourd’hui.",  # noqa: RUF001
            ],
        ),
        (["replay"], ["Il manque l’argument ENREGISTREMENT.", "Voyez aurion replay --help."]),  # noqa: RUF001
        (["check"], ["Il manque l’argument FICHIER.", "Voyez aurion check --help."]),  # noqa: RUF001
        (["replay", "a", "b"], ["Argument en trop : b.", "Voyez aurion replay --help."]),
        (["history", "--show", "x"], ["--show doit être un nombre entier.", "Voyez aurion history --help."]),
        (["serve", "--port", "x"], ["--port doit être un nombre entier de 0 à 65535.", "Voyez aurion serve --help."]),
        (
            ["serve", "--port", "70000"],
            ["--port doit être un nombre entier de 0 à 65535.", "Voyez aurion serve --help."],
        ),
        (["export", "--months"], ["Il manque une valeur à l’option --months.", "Voyez aurion export --help."]),  # noqa: RUF001
        (
            ["completion", "ksh"],
            ["Il n’y a pas de complétion pour le shell « ksh ».", "Prenez l’un de : bash, zsh, fish, powershell."],  # noqa: RUF001
        ),
    ],
)
def test_usage_error_names_the_word_and_the_help(
    given: list[str],
    reported: list[str],
    home: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2; the error names the word, and the hint the help of that command."""
    assert home
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert run_command_line(given, NO_DRIVER) == 2
    assert capsys.readouterr().err.splitlines() == reported


COMMAND_LINES = [[], *([name] for name in COMMANDS), *([group] for group in GROUPS)]
COMMAND_LINES += [[group, name] for group in GROUPS for name in import_module(f"scraper.cli.commands.{group}").COMMANDS]


@pytest.mark.slow
@for_each("arguments", COMMAND_LINES)
@for_each("language", ["fr", "en"])
def test_help_is_in_the_users_language(
    arguments: list[str], language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headings, usage and types are translated, arguments have one notation, and `-h` is `--help`."""
    monkeypatch.setenv("LC_ALL", f"{language}_XX.UTF-8")
    assert run_command_line([*arguments, "-h"]) == 0
    shown = capsys.readouterr().out
    usage, headings = shown.splitlines()[0], re.findall(r"^(\w.*):$", shown, re.MULTILINE)
    words = Catalogue(language)
    assert usage.startswith(f"{words('help.usage.prefix')} aurion")
    assert {*headings} <= {*words.table("help.headings").values()}
    assert not re.search(r"<\w|\[required|\[default|\[\[|[{}]|int range|\.\.\.", shown)
    if language == "fr":
        assert not re.search(r"\b(Usage|Commands|Show|Print|the|default)\b", shown)
    assert "-h, --help" in shown
    assert "_stdin" not in shown
    assert run_command_line(["help", *arguments]) == 0
    assert capsys.readouterr().out == shown


@for_each(
    ("command", "default"),
    [
        ("export", "(default: planning.ics in your Downloads folder)"),
        ("demo", "(default: planning.ics in this folder)"),
        ("replay", "(default: standard output)"),
        ("history", "(default: standard output)"),
    ],
)
def test_help_shows_the_default_output_of_each_command(
    command: str, default: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The help shows the default of `--output` of each command."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    run_command_line([command, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert default in shown.partition("--output FILE")[2].partition(" --")[0]


@pytest.mark.slow
@for_each(
    ("typed", "offered"),
    [
        ("aurion ex", ["export"]),
        ("aurion export --mont", ["--months"]),
        ("aurion account pa", ["password"]),
        ("aurion account caldav --us", ["--user"]),
    ],
)
def test_shell_completes_commands_and_options(typed: str, offered: list[str]) -> None:
    """The script of `aurion completion bash` asks in this way, for every command."""
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" ")), COMPLETION: "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-m", "scraper"], env={**os.environ, **asked}, capture_output=True, encoding="utf-8",
        check=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout.split(), done.stderr) == (offered, "")


@for_each("shell", SHELLS)
def test_completion_prints_a_script(shell: str, home: Path) -> None:
    """The script of each shell contains the variable by which it asks."""
    done = run_here("completion", shell, cwd=home)
    assert (done.returncode, COMPLETION in done.stdout) == (0, True)


@pytest.mark.slow
@pytest.mark.skipif(not FULL.exists(), reason="no device here that is always full")
@for_each(("arguments", "unbuffered"), [(["schools", "--json"], ""), (["--version"], "1"), (["status"], "1")])
def test_full_standard_output_is_reported(arguments: list[str], unbuffered: str) -> None:
    """Exit code 8 and two lines on standard error, instead of a bug report."""
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scraper", *arguments], stdout=full, stderr=subprocess.PIPE, encoding="utf-8",
            check=False, timeout=60, env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (8, 2), done.stderr
    assert "Traceback" not in done.stderr
    assert "calendar" not in done.stderr
    assert "Sortie standard" in done.stderr or "sortie standard" in done.stderr


@for_each(
    ("given", "name"),
    [
        (["export", "-o", "a.ics", "-o", "b.ics"], "--output"),
        (["export", "--output=a.ics", "-ob.ics"], "--output"),
        (["export", "--months", "3", "--months", "3"], "--months"),
        (["history", "--show", "1", "--show", "2"], "--show"),
        (["report", "--recording", "a", "--recording", "b"], "--recording"),
        (["account", "add", "--login", "anna", "--login", "ben"], "--login"),
        (["export", "--visible", "--headless"], "--visible, --headless"),
    ],
)
def test_option_given_twice_is_refused(given: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The last value does not silently replace the first."""
    assert run_command_line(given, NO_DRIVER) == 2
    assert capsys.readouterr().err.startswith(f"{name} : option donnée plusieurs fois.\n")


@for_each(
    "given",
    [
        ["export", "--login-host", "a.fr", "--login-host", "b.fr", "--months", "x"],
        ["check", "missing.ics", "missing.ics", "--quiet", "--quiet"],
    ],
)
def test_list_option_and_switch_may_be_given_twice(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A list, an argument and a switch that is already on are accepted: another error comes first."""
    assert run_command_line(given, NO_DRIVER) == 2
    assert "plusieurs fois" not in capsys.readouterr().err
