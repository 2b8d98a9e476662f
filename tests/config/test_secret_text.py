"""Passwords from a pipe or a variable: read as typed, or refused."""

import codecs
import io
import sys

import pytest

from scraper.cli import app
from scraper.cli.answers import read_password
from scraper.config.configuration import Config
from scraper.config.secret_text import secret_text
from scraper.config.vault.vaults import vaults
from scraper.errors import AurionError, SettingsError
from scraper.i18n import LANGUAGES, Catalogue
from tests.cases import for_each

WORD = "mot dé passe🔑 "
GOOD = [
    WORD.encode(), f"{WORD}\n".encode(), f"{WORD}\r\n".encode(), f"{WORD}\r".encode(),
    codecs.BOM_UTF8 + f"{WORD}\r\n".encode(), f"{WORD}\nanother line\n".encode(),
]  # fmt: skip
BAD = [
    "password\r\n".encode("utf-16"), "password\r\n".encode("utf-16-le"), "password\r\n".encode("utf-16-be"),
    "été".encode("latin-1"), "été".encode("cp850"), b"pass\0word\n", b"\x1b[200~password\x1b[201~\n", b"pass\x08word",
    codecs.BOM_UTF8 * 2 + b"password",
]  # fmt: skip


def piped(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """Put these bytes on standard input, in a locale that is not theirs."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body), encoding="cp1252", errors="replace"))


@for_each("body", GOOD)
def test_piped_password_is_read_without_bom_and_line_end(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """Spaces are part of it, and the locale does not matter."""
    piped(monkeypatch, body)
    assert read_password() == WORD


@for_each("body", BAD)
def test_password_with_invalid_characters_is_refused(
    monkeypatch: pytest.MonkeyPatch, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, before an account is created or anything is sent."""
    piped(monkeypatch, body)
    add = ["account", "add", "--url", "http://127.0.0.1:9", "--login", "anna", "--password-stdin"]
    assert app.run_command_line(add) == SettingsError.exit_code
    shown = capsys.readouterr().err
    assert "PowerShell" in shown
    assert "password" not in shown
    with pytest.raises(SettingsError) as caught:
        Config().settings("anna")
    assert caught.value.reason == "no-account"


@for_each("body", [b"", b"\n", b"\r\n", codecs.BOM_UTF8 + b"\r\n"])
def test_empty_password_is_refused(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    """An empty line is no password."""
    piped(monkeypatch, body)
    with pytest.raises(AurionError) as caught:
        read_password()
    assert caught.value.reason == "stdin"


def test_secret_variables_are_read_like_piped_passwords() -> None:
    """The error names the variable and never has its value."""
    found = Config(environment={"AURION_PASSWORD": f"\ufeff{WORD}\r\n", "AURION_LOGIN": "\ufeff anna \r\n"}).settings()
    assert found.password is not None
    assert (found.password.get_secret_value(), found.login) == (WORD, "anna")
    for bad in ("p\0sesame", "\udcffsesame", "sesame\x1b[A", "a\nsesame"):
        with pytest.raises(SettingsError) as caught:
            Config(environment={"AURION_PASSWORD": bad}).settings()
        for language in LANGUAGES:
            message, _ = Catalogue(language).error(caught.value)
            assert message.startswith("AURION_PASSWORD")
        assert "sesame" not in str(caught.value)
        with pytest.raises(SettingsError):
            vaults(environment={"AURION_PASSPHRASE": bad})
    assert secret_text("\ufeffphrase\n") == "phrase"
