"""Errors about the settings and keys of a hosted service: done as the hint says, the next try ends elsewhere."""

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
    """The walker with settings and keys, and without a database."""
    write_settings(walker)
    assert walker.go(INIT) == NO_DATABASE
    return walker


def write_settings(walker: Walker, added: str = "") -> None:
    """Write the service's settings file."""
    (walker.home / "service.toml").write_text(SETTINGS.format(folder=walker.home) + added, encoding="utf-8")


def test_a_service_without_settings(walker: Walker) -> None:
    """The command in the hint writes them."""
    assert walker.go(ROTATE) == "SettingsError.hosting-file"
    assert walker.hint == "Create it with: aurion hosting init"
    assert walker.go(INIT) == DONE
    write_settings(walker)
    assert walker.go(INIT) == NO_DATABASE


def test_a_value_that_is_not_valid(walker: Walker) -> None:
    """It is corrected by what the document says of it."""
    write_settings(walker, "months = 13\n")
    assert walker.go(INIT) == "SettingsError.hosting-value"
    assert "docs/hosting/settings.md" in walker.hint
    write_settings(walker, "months = 12\n")
    assert walker.go(INIT) == NO_DATABASE


def test_a_key_that_is_missing(service: Walker) -> None:
    """Copied back, it is used; a new service gets new keys."""
    key = service.home / "keys" / "worker.txt"
    key.rename(service.home / "away")
    assert service.go(ROTATE) == "SettingsError.hosting-key-missing"
    assert "Copy it from the machine that has it" in service.hint
    (service.home / "away").rename(key)
    assert service.go(ROTATE) == DONE


def test_a_key_that_others_may_read(service: Walker) -> None:
    """The command in the hint, run in a shell, closes it."""
    (service.home / "keys" / "worker.txt").chmod(0o644)
    assert service.go(ROTATE) == "SettingsError.hosting-key-open"
    subprocess.run(service.hint.removeprefix("Restrict its permissions: "), shell=True, check=True)  # noqa: S602 - as a person would
    assert service.go(ROTATE) == DONE


def test_a_key_that_is_damaged(service: Walker) -> None:
    """A copy of it is used again."""
    key = service.home / "keys" / "worker.txt"
    whole = key.read_bytes()
    key.write_bytes(b"garbage")
    assert service.go(ROTATE) == "SettingsError.hosting-key-damaged"
    assert "copy it again from your backup" in service.hint
    key.write_bytes(whole)
    assert service.go(ROTATE) == DONE
