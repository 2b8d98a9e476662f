"""Hints of errors about the settings and keys of a hosted service: each one leads to another result."""

import subprocess

import pytest

from tests.hints.conftest import DONE, Walker

SETTINGS = """\
association = "BDE"
contact = "bde@example.org"
address = "https://agenda.example.org"
schools = ["junia"]
database = "postgresql:///aurion?host=/nonexistent"
keys = "{folder}/keys"
"""
OPTION = "--settings service.toml"
INIT = f"hosting init {OPTION}"
ROTATE = f"hosting rotate --step key {OPTION}"
NO_DATABASE = "DatabaseUnavailable"


@pytest.fixture
def service(walker: Walker) -> Walker:
    """Return the walker with settings and keys, and without a database."""
    write_settings(walker)
    assert walker.go(INIT) == NO_DATABASE
    return walker


def write_settings(walker: Walker, added: str = "") -> None:
    """Write the service's settings file."""
    (walker.home / "service.toml").write_text(SETTINGS.format(folder=walker.home) + added, encoding="utf-8")


def test_hint_of_missing_settings(walker: Walker) -> None:
    """The command in the hint writes them."""
    assert walker.go(ROTATE) == "SettingsError.hosting-file"
    assert walker.hint == "Create it with: aurion hosting init"
    assert walker.go(INIT) == DONE
    write_settings(walker)
    assert walker.go(INIT) == NO_DATABASE


def test_hint_of_an_invalid_value(walker: Walker) -> None:
    """The document of the hint describes the value."""
    write_settings(walker, "months = 13\n")
    assert walker.go(INIT) == "SettingsError.hosting-value"
    assert "docs/hosting/settings.md" in walker.hint
    write_settings(walker, "months = 12\n")
    assert walker.go(INIT) == NO_DATABASE


def test_hint_of_a_missing_key(service: Walker) -> None:
    """The key is copied back and used."""
    key = service.home / "keys" / "worker.txt"
    key.rename(service.home / "away")
    assert service.go(ROTATE) == "SettingsError.hosting-key-missing"
    assert "Copy it from the machine that has it" in service.hint
    (service.home / "away").rename(key)
    assert service.go(ROTATE) == DONE


def test_hint_of_a_readable_key(service: Walker) -> None:
    """The command in the hint restricts its permissions."""
    (service.home / "keys" / "worker.txt").chmod(0o644)
    assert service.go(ROTATE) == "SettingsError.hosting-key-open"
    subprocess.run(service.hint.removeprefix("Restrict its permissions: "), shell=True, check=True)  # noqa: S602 - as a person would
    assert service.go(ROTATE) == DONE


def test_hint_of_a_damaged_key(service: Walker) -> None:
    """A copy of the key is used."""
    key = service.home / "keys" / "worker.txt"
    whole = key.read_bytes()
    key.write_bytes(b"garbage")
    assert service.go(ROTATE) == "SettingsError.hosting-key-damaged"
    assert "copy it again from your backup" in service.hint
    key.write_bytes(whole)
    assert service.go(ROTATE) == DONE
