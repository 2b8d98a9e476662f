"""Paths of calendars: invalid ones are refused before anything is requested, and other files are never replaced."""

import os
import shlex
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from scraper.config.configuration import Config
from scraper.config.path_text import path_fault
from scraper.config.settings.edit import change_settings
from scraper.errors import AurionError, SettingsError, SinkRefused
from scraper.i18n import LANGUAGES, Catalogue
from scraper.publishing.output_file import check_output, file_sink
from scraper.sinks.file import FileSink
from scraper.sinks.file_kind import RECORDING
from scraper.system.paths import settings_file, state_folder
from tests.cases import for_each
from tests.commands import run_here
from tests.paths import ROOT

CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
THESIS = b"PK\x03\x04 three years of work"


def reason_of(act: Callable[[], object]) -> str:
    """Return the reason of the error of an act; check that it has a text and a next step in both languages."""
    with pytest.raises(AurionError) as caught:
        act()
    for language in LANGUAGES:
        message, hint = Catalogue(language).error(caught.value)
        assert message
        assert hint
    return caught.value.reason


@for_each(
    ("text", "reason"),
    [
        ("", "path-empty"),
        (" \u00a0", "path-empty"),
        ("C:\temp\notes.ics", "path-control"),
        ("a\0b.ics", "path-control"),
        ("a\x9b31m.ics", "path-control"),
        ("a\u2028b.ics", "path-control"),
        ("planning\u202esci.exe", "path-control"),
        ("https://dav.example/x", "path-address"),
        (" webcal://dav.example/x.ics", "path-address"),
        ("file:///tmp/x.ics", "path-address"),
        ("HTTPS:/dav.example/x", "path-address"),
        ("~user-who-does-not-exist/x.ics", "path-home"),
        (".", "path-folder"),
        ("..", "path-folder"),
        ("~", "path-folder"),
        ("~/", "path-folder"),
        ("calendars/", "path-folder"),
        ("calendars/..", "path-folder"),
        ("planning.ics", ""),
        ("-", ""),
        ("~/planning.ics", ""),
        (r"C:\Users\anna\planning.ics", ""),
        ("Emploi du temps : été 🎓.ics", ""),
        ("a:b/c.ics", ""),
        (os.fsdecode(b"\xff.ics"), ""),
    ],
)
def test_text_that_is_not_a_path_is_refused(text: str, reason: str) -> None:
    """Each fault has its own reason, whatever is on the disk."""
    assert path_fault(text, windows=False) == reason


@for_each("name", ["CON", "nul.ics", "Com1.ics", "a/LPT9.x", "a.ics.", "b /a.ics", "a?.ics", "ab:c.ics"])
def test_reserved_names_are_refused_on_windows_alone(name: str) -> None:
    """Other systems accept them."""
    assert path_fault(name, windows=True) == "path-reserved"
    assert path_fault(name, windows=False) == ""


@for_each("name", [r"C:\Users\anna\planning.ics", "C:/x.ics", r"\\server\share\x.ics", "../console.ics"])
def test_ordinary_names_are_accepted_on_windows(name: str) -> None:
    """A drive, a share, and a word that begins like the name of a device."""
    assert path_fault(name, windows=True) == ""


@for_each(
    ("body", "is_replaced"),
    [
        (CALENDAR, True),
        (b"\xef\xbb\xbf\r\n \t" + CALENDAR, True),
        (b"begin:vcalendar\n", True),
        (b"", True),
        (b"\xef\xbb\xbf \r\n", True),
        (THESIS, False),
        (b"BEGIN:VCARD\r\n", False),
        (b"x" + CALENDAR, False),
        (CALENDAR.decode().encode("utf-16"), False),
        (b"\n" * 5000 + b"notes", False),
    ],
)
def test_only_a_calendar_is_replaced(tmp_path: Path, body: bytes, *, is_replaced: bool) -> None:
    """Any other file stays, byte for byte, also behind a link."""
    file, link = tmp_path / "these.docx", tmp_path / "planning.ics"
    file.write_bytes(body)
    link.unlink(missing_ok=True)
    link.symlink_to(file)
    for path in (link, file):
        sink = FileSink(path=path)
        if is_replaced:
            sink.check()
        else:
            assert reason_of(sink.check) == "not-a-calendar"
            assert reason_of(lambda sink=sink: sink.deliver(CALENDAR)) == "not-a-calendar"  # type: ignore[misc]
            assert file.read_bytes() == body
    if is_replaced:
        FileSink(path=link).deliver(CALENDAR)
        assert file.read_bytes() == CALENDAR


def test_recording_replaces_only_a_recording(tmp_path: Path) -> None:
    """A calendar is not replaced either."""
    file = tmp_path / "x"
    for body in (THESIS, CALENDAR, b'{"name": "package.json"}'):
        file.write_bytes(body)
        assert reason_of(file_sink(str(file), RECORDING).check) == "not-a-recording"
    file.write_bytes(b'{\n "format": 1,\n')
    file_sink(str(file), RECORDING).check()


def test_settings_and_forms_refuse_paths_that_are_not_files(tmp_path: Path, home: Path) -> None:
    """These are standard output, devices, pipes, sockets, folders and files of the program."""
    os.mkfifo(tmp_path / "pipe")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "socket"))
    (home / "these.docx").write_bytes(THESIS)
    tried = {
        "-": "path-dash", str(tmp_path / "pipe"): "not-a-file", str(tmp_path / "socket"): "not-a-file",
        "/dev/null": "not-a-file", str(tmp_path): "is-folder", str(settings_file()): "path-own",
        str(state_folder() / "ledgers" / "a.sqlite"): "path-own", "these.docx": "not-a-calendar",
        "missing/a.ics": "no-folder", "https://dav.example/a": "path-address", "": "path-empty",
    }  # fmt: skip
    found = {typed: reason_of(lambda typed=typed: check_output(typed, home)) for typed in tried}  # type: ignore[misc]
    listening.close()
    assert found == tried
    assert check_output(" planning.ics ", home) == "~/planning.ics"
    assert check_output("planning.ics", tmp_path) == str(tmp_path / "planning.ics")
    assert check_output(str(tmp_path / "planning.ics"), home) == str(tmp_path / "planning.ics")
    (state_folder() / "calendars").mkdir(parents=True)
    assert check_output(str(state_folder() / "calendars" / "a.ics"), home)


def test_relative_path_of_the_settings_is_below_home(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current folder does not matter; on the command line it does."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('[accounts.anna]\noutput = "anna.ics"\n[[accounts.ben.outputs]]\npath = "ben.ics"\n')
    monkeypatch.chdir(tmp_path)
    assert Config().settings("anna").output == "~/anna.ics"
    assert Config().settings("ben").outputs[0].path == "~/ben.ics"
    assert Path("~/anna.ics").expanduser() == home / "anna.ics"
    assert Config(options={"output": "here.ics"}).settings("anna").output == "here.ics"
    change_settings("anna", {"output": "there.ics"})
    assert Config().settings("anna").output == str(tmp_path / "there.ics")


@for_each(
    ("key", "at"),
    [("output = {}", "output"), ("[[outputs]]\npath = {}", "outputs[1].path")],
)
def test_windows_path_in_double_quotes_is_refused(key: str, at: str) -> None:
    r"""`\t` and `\n` between double quotes are a tab and a line break: the path is refused, and the hint helps."""
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(key.format('"C:\\temp\\notes.ics"'))
    with pytest.raises(SettingsError) as caught:
        Config().settings()
    facts = caught.value.facts
    assert (caught.value.reason, facts.get("place", facts.get("name"))) == ("path-control", at)
    message, hint = Catalogue("en").error(caught.value)
    assert r"C:\temp\notes.ics" in message
    assert "single quotes" in hint
    settings_file().write_text(key.format(r"'C:\temp\notes.ics'"))
    Config().settings()


ANNA = "--url http://127.0.0.1:9 --login anna"
A_RECORDING = next((ROOT / "fixtures" / "recordings").rglob("*.json"))


@for_each(
    "command",
    [
        "replay RECORDING -o",
        "report --yes --recording RECORDING -o",
        "demo --export -o",
        "demo --export --record",
        f"export {ANNA} -o",
        f"export {ANNA} --record",
        f"account add {ANNA} --password-stdin -o",
        f"account add {ANNA} --no-login-test -o",
    ],
)
def test_commands_do_not_replace_another_file(command: str, home: Path) -> None:
    """Exit code 8; the file stays, and no account is created."""
    (home / "these.docx").write_bytes(THESIS)
    given = command.replace("RECORDING", str(A_RECORDING)).split()
    done = run_here(*given, "these.docx", cwd=home, AURION_PASSWORD="x")
    assert (done.returncode, "these.docx existe déjà" in done.stderr) == (SinkRefused.exit_code, True), done.stderr
    assert (home / "these.docx").read_bytes() == THESIS
    assert not settings_file().exists()


@for_each(
    "command",
    [
        "replay RECORDING -o ''",
        "report --yes --recording RECORDING -o ''",
        "demo --export -o ''",
        "demo --export --debug ''",
        "demo --export --record ''",
        f"export {ANNA} -o ''",
        "replay ~user-who-does-not-exist/x.json",
        "report --recording ~user-who-does-not-exist/x.json",
        "demo --export --debug ~user-who-does-not-exist/x",
        "demo --export --ca-file ~user-who-does-not-exist/x",
        "replay RECORDING -o a\x1bb.ics",
    ],
)
def test_invalid_path_is_not_replaced_by_a_default(command: str, home: Path) -> None:
    """An empty variable in a script does not select Downloads, and an unknown home is not a bug."""
    given = [str(A_RECORDING) if part == "RECORDING" else part for part in shlex.split(command)]
    done = run_here(*given, cwd=home, AURION_PASSWORD="x")
    assert (done.returncode, done.stdout) == (SettingsError.exit_code, "")
    assert not (home / "Downloads").exists() or not list((home / "Downloads").iterdir())


def test_recording_and_calendar_cannot_be_one_file(home: Path) -> None:
    """The path may be written in two ways; the portal is not asked."""
    given = [*f"export {ANNA} -o a.ics --record".split(), str(home / "." / "a.ics")]
    assert run_here(*given, cwd=home, AURION_PASSWORD="x").returncode == SettingsError.exit_code
    assert not (home / "a.ics").exists()
