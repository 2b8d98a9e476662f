"""Printable text: text from outside moves no cursor, sets no title and reverses no letters."""

import io
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from scraper.cli import app
from scraper.cli.console import console_on
from scraper.cli.console_tables import bare_table
from scraper.cli.error_output import write_error
from scraper.cli.progress_output import SpinnerProgress
from scraper.demo import LOGIN, Demo, Fault
from scraper.domain.printable import PrintableStream, escaped, printable, printable_streams
from scraper.domain.text import clean as portal_text
from scraper.errors import WrongCredentials
from scraper.i18n import Catalogue
from scraper.ical.event_text import clean_value as calendar_text
from scraper.runs.log import log_file, open_log
from scraper.runs.notify.notifier import MultiNotifier
from scraper.system.paths import settings_file
from scraper.web.pages.templating import _environment
from tests.cases import for_each
from tests.cli.terminal import Terminal
from tests.commands import NO_DRIVER, run_here

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HOSTILE = "wrong \x1b]0;owned\x07\x1b[31mred\x1b[0m \x9b2J\x00 \u202eesrever\u202c \u2066a\u2069 \x85\u2028end"
OWN = re.compile("\x1b\\[[0-9;]*m")
"""The colours that rich writes."""
anything = st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b[]0;m\x07\r\n\t\u202e\u2069\u2028")))


class Screen(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        """Return True, as a terminal does."""
        return True


@for_each(
    ("text", "shown"),
    [
        ("plain é 🎓 \tx\n", "plain é 🎓 \tx\n"),
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("a\x1b]0;title\x07b", "ab"),
        ("a\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x9b1;31mb", "a1;31mb"),
        ("c\x9cur de l\x92\x90uvre", "cur de luvre"),
        ("a\x1bPq#0\x1b\\b", "ab"),
        ("a\x1b]0;never closed", "a0;never closed"),
        ("a\x1b", "a"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\u202etxt.exe\u202c \u2067b\u2069", "atxt.exe b"),
        ("a\x00\x08\x7f\x9eb", "ab"),
        ("\ud83c", "\ufffd"),
        ("שלום, 10:00 \u200fא\u200e", "שלום, 10:00 \u200fא\u200e"),
        ("👩\u200d🎓", "👩\u200d🎓"),
    ],
)
def test_printable_text_has_no_control_sequences(text: str, shown: str) -> None:
    """Complete sequences are removed; letters, marks and joined emoji stay."""
    assert printable(text) == shown


@given(anything)
def test_any_text_becomes_printable(text: str) -> None:
    """Printable text does not change."""
    assert not UNSEEN.search(printable(text))
    assert printable(printable(text)) == printable(text)
    assert not re.search("[\x00-\x1f]", escaped(text))


@given(anything, anything)
def test_console_shows_any_text_printable(one: str, two: str) -> None:
    """Streams, tables, steps and sentences have only the console's own colours."""
    screen = Screen()
    stream = cast("io.TextIOBase", PrintableStream(screen))
    assert stream.write(one) == len(one)
    console = console_on(stream, width=80)  # type: ignore[arg-type]
    table = bare_table("name")
    table.add_row(one.replace("[", "("))
    console.print(table)
    console.print(two, markup=False)
    assert not UNSEEN.search(OWN.sub("", screen.getvalue()))
    assert not UNSEEN.search(Catalogue("en")("summary.file", path=one))
    message, hint = Catalogue("fr").error(WrongCredentials(detail=two))
    assert not re.search("[\n]", message + hint)
    assert not UNSEEN.search(message)


def test_console_keeps_its_own_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps have colours on a terminal with a printable stream."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen = Screen()
    with SpinnerProgress(Catalogue("en"), cast("io.TextIOBase", PrintableStream(screen))).step("login"):  # type: ignore[arg-type]
        pass
    assert "\x1b[32m✓" in screen.getvalue()


def test_streams_are_restored_after_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A stream that the command has replaced stays."""
    before, other = sys.stdout, io.StringIO()
    with printable_streams():
        sys.stdout.write("a\x1b[2Jb")
        sys.stderr.write("\u202ec")
    assert sys.stdout is before
    assert capsys.readouterr() == ("ab", "c")
    try:
        with printable_streams():
            sys.stdout = other
        assert sys.stdout is other
    finally:
        sys.stdout = before


def test_error_is_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Line breaks of a portal cannot imitate lines of the program."""
    with printable_streams():
        write_error(WrongCredentials(detail="no\nDone: planning.ics\x1b[2A"), Catalogue("en"))
    err = capsys.readouterr().err
    assert "no Done: planning.ics" in err
    assert len(err.splitlines()) == 2


def test_commands_show_settings_printable(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`config show`, `account list` and `doctor`, as text and as JSON; no browser is found."""
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(home))
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(home / "node"))
    settings_file().parent.mkdir(parents=True)
    value = json.dumps(HOSTILE)[1:-1]
    rule = f'[[accounts.anna.rules]]\nsubject = "{value}"\ndo = "drop"\n'
    settings_file().write_text(f'[accounts.anna]\nschool = "junia"\nlogin = "anna"\n{rule}')
    for command in (["config", "show", "anna"], ["account", "list"], ["doctor"]):
        for more in ([], ["--json"]):
            app.run_command_line([*command, *more], NO_DRIVER)
            shown = capsys.readouterr()
            assert not UNSEEN.search(shown.out + shown.err), command


@for_each(
    "command",
    [
        ["{}"],
        ["check", "{}"],
        ["replay", "{}"],
        ["export", "--{}"],
        ["export", "--school", "{}"],
        ["demo", "--export", "-o", "{}/"],
    ],
)
def test_errors_show_arguments_printable(command: list[str], home: Path) -> None:
    """An argument may be pasted from anywhere."""
    done = run_here(*(part.replace("{}", "x\x1b]0;owned\x07\u202ey\x9b2J") for part in command), cwd=home)
    assert done.returncode
    assert done.stderr
    assert not UNSEEN.search(done.stdout + done.stderr)


def test_log_page_and_notifications_are_printable(tmp_path: Path) -> None:
    """Escaped HTML stays escaped."""
    with open_log(tmp_path, lambda: datetime(2026, 9, 1, tzinfo=UTC)) as log:
        log(HOSTILE)
    line = log_file(tmp_path).read_text()
    assert not UNSEEN.search(line)
    assert "wrong red" in line
    template = _environment("").from_string("<p title='{{ a }}'>{{ a }}{{ b }}{{ 3 }}</p>")
    drawn = template.render(a=f"<b>{HOSTILE}", b=Markup("<i>\u202eb</i>"))
    assert not UNSEEN.search(drawn)
    assert "&lt;b&gt;wrong" in drawn
    assert "<i>b</i>3" in drawn
    shown: list[str] = []
    MultiNotifier(addresses=(), log=shown.append, desktop=lambda *pair: bool(shown.extend(pair))).send(HOSTILE, HOSTILE)
    assert len(shown) == 2
    assert not any(map(UNSEEN.search, shown))


def test_calendar_text_has_no_direction_overrides() -> None:
    """Right-to-left text and emoji stay."""
    text = "Cours \u202egnidart\u202c שלום \u200fא 👩\u200d🎓 \u2066x\u2069"
    right = "Cours gnidart שלום \u200fא 👩\u200d🎓 x"
    assert calendar_text(text) == portal_text(text) == right


def test_terminal_shows_message_of_the_portal_printable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message sets no title and no colour, and draws no line."""
    page = f"<html><body><form><input type=password name=p></form><p>Mot de passe invalide {HOSTILE}</p></body></html>"
    monkeypatch.setenv("AURION_PASSWORD", "wrong")
    with Demo() as portal:
        portal.control.faults = (Fault(path="/login", method="POST", body=page),)
        terminal = Terminal("export", "--url", portal.url, "--login", LOGIN, cwd=home)
        assert terminal.end(seconds=120) != 0
    assert "invalide" in terminal.shown
    assert "owned" not in terminal.shown
    assert "\u202e" not in terminal.shown
    assert "\x1b[31m" not in terminal.shown
