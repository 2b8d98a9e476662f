"""Files in any encoding, and values of any type, as users write them: they are read, or refused with a hint."""

import codecs
import io
import json
import os
import re
import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from scraper.cli import app
from scraper.config.accounts import create_account, default_name
from scraper.config.configuration import Config
from scraper.config.schools.school_files import load_school
from scraper.config.settings.edit import change_settings
from scraper.config.settings.validation import is_name
from scraper.domain import decoding
from scraper.domain.decoding import NotUtf8Error, decode_text
from scraper.domain.recording import load
from scraper.errors import AurionError, BadRecording, SettingsError
from scraper.i18n import LANGUAGES, Catalogue
from scraper.system.paths import settings_file
from tests.cases import for_each
from tests.paths import ROOT

TEXT = 'menu = "Été à Noël"\r\n\r\n[accounts.anna]\r\nlogin = "anna"\r\n'
TRUTHS = ("true", "false")
RECORDINGS = ROOT / "fixtures" / "recordings"


def write(body: bytes | str) -> Path:
    """Write the settings file of the empty home."""
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_bytes(body if isinstance(body, bytes) else body.encode())
    return settings_file()


def refusal(act: Callable[[], object] = lambda: Config().settings()) -> tuple[str, str, str]:
    """Return the reason of the refusal, with its message and hint in English."""
    with pytest.raises(AurionError) as caught:
        act()
    for language in LANGUAGES:
        assert all(Catalogue(language).error(caught.value))
    return caught.value.reason, *Catalogue("en").error(caught.value)


@for_each("end", ["\r\n", "\n", "\r", "\r\r\n"])
@for_each("mark", [b"", codecs.BOM_UTF8])
def test_settings_accept_any_line_ends(end: str, mark: bytes) -> None:
    """A byte order mark and any line ends are accepted, and lines are counted as an editor counts them."""
    write(mark + TEXT.replace("\r\n", end).encode())
    assert Config().settings().menu == "Été à Noël"
    assert Config().account_names == ("anna",)
    change_settings("anna", {"months": 3})
    assert Config().settings("anna").months == 3
    write(mark + (TEXT + "months = 0\r\n").replace("\r\n", end).encode())
    assert ", line 5:" in refusal()[1]


@for_each("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_settings_in_utf_16_are_refused(encoding: str) -> None:
    """The error names the encoding, with and without a byte order mark, and the file is not written."""
    before = write(TEXT.encode(encoding)).read_bytes()
    reason, _, hint = refusal()
    assert reason == "settings-utf16"
    assert "UTF-8" in hint
    assert refusal(lambda: change_settings(None, {"months": 3}))[0] == "settings-utf16"
    assert settings_file().read_bytes() == before


def test_settings_in_latin_1_are_refused() -> None:
    """The error contains the line."""
    write(b'months = 3\nmenu = "\xe9t\xe9"\n')
    reason, message, hint = refusal()
    assert reason == "settings-encoding"
    assert ", line 2:" in message
    assert "UTF-8" in hint


@for_each(
    "line",
    [
        r'output = "C:\Users\anna\planning.ics"', r'output = "C:\planning.ics"', r'output = "D:\data\"',
        r'browser = "C:\Program Files\Chrome\chrome.exe"', r'outputs = [{ path = "C:\Users\anna.ics" }]',
    ],
)  # fmt: skip
@for_each("after", ["", "months = 3\n", "months = \n"])
def test_windows_path_in_double_quotes_has_a_hint(line: str, after: str) -> None:
    """The hint is single quotes or slashes, and both work."""
    write(f"timeout = 60\n{line}\n{after}")
    reason, message, hint = refusal()
    assert reason == "settings-backslash"
    assert ", line 2:" in message
    assert "single quotes" in hint
    for good in (line.replace('"', "'"), line.replace("\\", "/")):
        write(f"{good}\n")
        Config().settings() if not good.endswith(('/"', "\\'")) else None


def test_other_invalid_line_has_the_general_reason() -> None:
    """Errors without a backslash, or for another cause, have the general reason."""
    for text in ("months = \n", 'a = "x\\ty" "\n', "output = planning.ics\n"):
        write(text)
        assert refusal()[0] == "settings-toml"


@for_each(
    ("line", "reason"),
    [
        *((f"{key} = {value}", key) for key in ("months", "timeout", "news_days", "past") for value in TRUTHS),
        *((f"{key} = {value}", key) for key in ("visible", "news_exams") for value in ("1", "0", "1.0")),
        *((f"{key} = {value}", key) for key in ("school", "url", "login", "menu", "output") for value in ("3", "true")),
        ("from = 0", "first"), ("from = true", "first"), ('until = "0"', "last"), ('from = "1767225600"', "first"),
        ("from = 2026-09-01T10:00:00", "first"), ("login_hosts = [true]", "login_hosts"),
        ("login_hosts = 3", "login_hosts"), ("notify = [3]", "notify"), ("browser = true", "browser"),
        (r'login = "SCHOOL\trainee"', "text-control"), (r'menu = "a\u202eb"', "text-control"),
        (r'browser = "C:\temp\chrome.exe"', "settings-backslash"),
        (r'browser = "C:\temp\netscape.exe"', "path-control"),
    ],
)  # fmt: skip
def test_value_of_another_type_is_refused(line: str, reason: str) -> None:
    """`true` is not a number, a number is neither date nor switch, and a tab in a login comes from a backslash."""
    write(f"{line}\n")
    assert refusal()[0] == reason


def test_values_of_variables_are_converted() -> None:
    """Text is converted to numbers and switches; blanks around a login are removed."""
    given = {"AURION_MONTHS": "3", "AURION_VISIBLE": "yes", "AURION_TIMEOUT": "1.5", "AURION_LOGIN": " anna\n"}
    found = Config(options={"first": " 2026-09-01 "}, environment=given).settings()
    assert (found.months, found.visible, found.timeout, found.login) == (3, True, 1.5, "anna")
    assert str(found.first) == "2026-09-01"
    with pytest.raises(SettingsError) as caught:
        Config(environment={"AURION_URL": "https://anna:secret@aurion.example\tx"}).settings()
    assert "secret" not in str(caught.value)


def test_settings_file_that_is_a_pipe_is_refused(home: Path) -> None:
    """A pipe is refused at once, because it may have no writer."""
    del home
    settings_file().parent.mkdir(parents=True)
    os.mkfifo(settings_file(), 0o600)
    found: list[str] = []
    reading = threading.Thread(target=lambda: found.append(refusal()[0]), daemon=True)
    reading.start()
    reading.join(60)
    assert found == ["settings-no-file"]


def test_broken_link_to_the_settings_is_refused(home: Path) -> None:
    """A broken link is not an absent file: its disk may be missing temporarily."""
    settings_file().parent.mkdir(parents=True)
    settings_file().symlink_to(home / "unmounted" / "settings.toml")
    assert refusal()[0] == "settings-file"


def test_nul_in_the_settings_is_refused(home: Path) -> None:
    """The error contains the line of the NUL."""
    del home
    write('months = 3\nlogin = "a\0b"\n')
    with pytest.raises(SettingsError) as caught:
        Config().settings()
    assert (caught.value.reason, caught.value.facts["line"]) == ("settings-encoding", 2)


def test_encodings_of_school_files_and_recordings(tmp_path: Path) -> None:
    """A byte order mark and CR LF are accepted, UTF-16 is refused, and a pipe among the school files is ignored."""
    folder = settings_file().parent / "schools"
    folder.mkdir(parents=True)
    shipped = (ROOT / "scraper" / "schools" / "junia.toml").read_bytes()
    os.mkfifo(folder / "pipe.toml")
    (folder / "junia.toml").write_bytes(codecs.BOM_UTF8 + shipped.replace(b"\n", b"\r\n"))
    assert load_school("junia").id == "junia"
    (folder / "junia.toml").write_bytes(shipped.decode().encode("utf-16"))
    assert refusal(lambda: load_school("junia"))[0] == "school-encoding"
    recorded = next(RECORDINGS.rglob("*.json")).read_bytes()
    file = tmp_path / "recording.json"
    file.write_bytes(codecs.BOM_UTF8 + recorded.replace(b"\n", b"\r\n"))
    assert load(file).captures == load(next(RECORDINGS.rglob("*.json"))).captures
    file.write_bytes(recorded.decode().encode("utf-16"))
    with pytest.raises(BadRecording) as caught:
        load(file)
    assert caught.value.reason == "encoding"
    assert "UTF-8" in Catalogue("en").error(caught.value)[0]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_endless_device_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As a recording or a backup it is refused like any other file."""
    monkeypatch.setattr(decoding, "MOST_BYTES", 10_000)
    assert refusal(lambda: load(Path("/dev/zero")))[0] == "encoding"
    monkeypatch.setattr(sys, "stdin", io.BytesIO(b"passphrase\n"))
    assert app.run_command_line(["restore", "/dev/zero", "--passphrase-stdin"]) == 2
    assert Catalogue("fr").error(SettingsError("backup-damaged"))[0] in capsys.readouterr().err


def test_decode_text_reports_the_line_and_encoding() -> None:
    """The error contains the line, and the encoding where it is certain."""
    for body, encoding, line in (
        (b"a\nb\xff", "", 2),
        (b"a\0b\0", "UTF-16", 1),
        ("a".encode("utf-16"), "UTF-16", 1),
    ):
        with pytest.raises(NotUtf8Error) as caught:
            decode_text(body)
        assert (caught.value.encoding, caught.value.line) == (encoding, line)


@for_each("name", [".", "..", "...", "a.", "", " ", "a b", "a/b", "../a", "a\n", "-a", "a" * 65, "a\u202eb", "~a"])
def test_invalid_name_of_an_account_is_refused(name: str) -> None:
    """An account's name is part of file names: it is refused in the settings and on the command line."""
    assert not is_name(name)
    key = json.dumps(name)
    write(f'[accounts.{key}]\nlogin = "anna"\n')
    assert refusal()[0] == "account-name"
    settings_file().unlink()
    school = load_school("junia")
    assert refusal(lambda: create_account(name, school, "anna", Config()))[0] == "account-name"


@for_each("name", ["constructor", "__proto__", "prenom.nom@example.fr", "élève", "a..b", "con.x", "a" * 64])
def test_config_show_prints_a_valid_table_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The output of `config show` can be copied into the settings file."""
    settings_file().unlink(missing_ok=True)
    create_account(name, load_school("junia"), "anna", Config())
    assert app.run_command_line(["config", "show", name]) == 0
    shown = re.search(r"\[accounts\.[^]]*\]", capsys.readouterr().out)
    assert shown is not None
    assert shown[0] in settings_file().read_text(encoding="utf-8")
    assert tomllib.loads(shown[0]) == {"accounts": {name: {}}}


@for_each(
    ("login", "name"),
    [
        ("..", "aurion"),
        (".", "aurion"),
        ("anna.", "anna"),
        ("-", "aurion"),
        ("a" * 63 + "..", "a" * 63),
        ("é@x.fr", "é@x.fr"),
    ],
)
def test_default_name_is_a_valid_name(login: str, name: str) -> None:
    """The name of a login is always valid."""
    assert default_name(login) == name
    assert is_name(name)


def test_settings_file_is_parsed_once_for_many_accounts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is parsed once for any number of accounts, and again after a change."""
    many = "".join(f'[accounts.a{n}]\nschool = "junia"\nlogin = "l{n}"\noutput = "~/{n}.ics"\n' for n in range(300))
    write(many)
    counted: Counter[str] = Counter()
    real = tomllib.loads

    def loads(text: str) -> dict[str, object]:
        counted[text] += 1
        return real(text)

    monkeypatch.setattr(tomllib, "loads", loads)
    assert app.run_command_line(["account", "list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 300
    assert counted[many] == 1
    assert sum(counted.values()) < 20
    write(many.replace("a7]", "b7]"))
    assert "b7" in Config().account_names
    assert "a7" not in Config().account_names


@for_each("command", ["check", "replay", "restore", "fixture"])
def test_empty_file_name_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty path would be the current folder."""
    assert app.run_command_line([command, ""]) == 2
    assert capsys.readouterr().err.startswith("« (vide) » est un chemin vide.")


def test_file_in_an_unknown_home_is_not_found(capsys: pytest.CaptureFixture[str]) -> None:
    """The name is shown as given."""
    assert app.run_command_line(["check", "~no-such-user/planning.ics"]) == 2
    assert "« ~no-such-user/planning.ics » ne peut pas être lu (fichier" in capsys.readouterr().err
