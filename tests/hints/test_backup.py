"""Hints of errors of `backup` and `restore`: each one leads to another result."""

import re
import shutil
from collections.abc import Callable

import pytest

from scraper.config.configuration import Config
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.ledgers import open_ledger
from scraper.system.paths import settings_file, state_folder
from tests.cases import for_each
from tests.hints.conftest import DONE, Walker
from tests.hints.test_accounts import ANNA
from tests.quick_age import WORK, encrypt_quickly

pytestmark = pytest.mark.usefixtures("quick_age")
PASSPHRASE = "four words are enough\n"
BACKUP, RESTORE = "backup b.age --passphrase-stdin", "restore b.age --passphrase-stdin"


@pytest.fixture
def anna(walker: Walker) -> Walker:
    """Return the walker with an account and its backup."""
    walker.write(ANNA)
    type_passphrase(walker, BACKUP)
    return walker


def type_passphrase(walker: Walker, command: str) -> None:
    """Run the command, which succeeds with the passphrase."""
    walker.typed = PASSPHRASE
    assert walker.go(command) == DONE, walker.error


def change_computer() -> None:
    """Delete settings and history, as on another computer; the backup stays."""
    settings_file().unlink()
    shutil.rmtree(state_folder(), ignore_errors=True)


def encrypt_with_more_work(_: bytes) -> bytes:
    """Return a backup that takes this computer too long to open."""
    return encrypt_quickly(b"", PASSPHRASE.strip()).replace(f" {WORK}\n".encode(), b" 30\n", 1)


def test_hint_of_a_weak_passphrase(walker: Walker) -> None:
    """A longer passphrase is accepted."""
    walker.write(ANNA)
    walker.typed = "short\n"
    assert walker.go(BACKUP) == "SettingsError.backup-weak"
    assert "Choose a longer one" in walker.hint
    type_passphrase(walker, BACKUP)


@for_each("file", ["missing/b.age", ".", "x" * 256])
def test_hint_of_a_backup_that_cannot_be_written(walker: Walker, file: str) -> None:
    """The hint has no options of other commands: `backup` takes the file as its argument."""
    walker.write(ANNA)
    walker.typed = PASSPHRASE
    assert walker.go(f"backup {file} --passphrase-stdin").startswith("Sink")
    assert "--" not in walker.hint
    type_passphrase(walker, BACKUP)


def test_hint_of_a_backup_without_a_terminal(walker: Walker) -> None:
    """The option in the hint reads the passphrase."""
    walker.write(ANNA)
    assert walker.go("backup b.age") == "SettingsError.backup-unasked"
    option = re.findall(r"--[a-z-]+", walker.hint)
    type_passphrase(walker, f"backup b.age {option[0]}")


def test_hint_of_a_wrong_passphrase(anna: Walker) -> None:
    """The passphrase of the backup restores it."""
    change_computer()
    anna.typed = "some other words\n"
    assert anna.go(RESTORE) == "SettingsError.backup-passphrase"
    assert "the one chosen when the backup was made" in anna.hint
    type_passphrase(anna, RESTORE)


@for_each(
    ("given", "reason", "hint"),
    [
        (lambda whole: whole[:-40], "SettingsError.backup-damaged", "Copy the file from the other computer again"),
        (encrypt_with_more_work, "SettingsError.backup-too-slow", "when it has less to do"),
    ],
)
def test_hint_of_a_backup_that_cannot_be_opened(
    anna: Walker, given: Callable[[bytes], bytes], reason: str, hint: str
) -> None:
    """A new copy is restored, also on a computer with less to do."""
    change_computer()
    file = anna.home / "b.age"
    whole = file.read_bytes()
    file.write_bytes(given(whole))
    anna.typed = PASSPHRASE
    assert anna.go(RESTORE) == reason
    assert hint in anna.hint
    file.write_bytes(whole)
    type_passphrase(anna, RESTORE)


def test_hint_of_a_missing_backup(anna: Walker) -> None:
    """The corrected path is restored."""
    change_computer()
    assert anna.go("restore c.age --passphrase-stdin") == "SettingsError.restore-file"
    assert anna.hint == "Check its path."
    type_passphrase(anna, RESTORE)


def test_hint_of_existing_subscribers(walker: Walker) -> None:
    """After they are revoked, those of the backup are restored."""
    walker.write(ANNA)
    key = open_ledger("anna", Config.from_environment()).path.stem
    Subscribers(state_folder()).add("Phone", account="anna", key=key, calendar=AS_THE_FILE, name="planning")
    type_passphrase(walker, BACKUP)
    settings_file().unlink()
    walker.typed = PASSPHRASE
    assert walker.go(RESTORE) == "SettingsError.restore-subscribers"
    assert "aurion feed revoke" in walker.hint
    assert walker.go("feed revoke Phone") == DONE
    type_passphrase(walker, RESTORE)


def test_hint_of_an_existing_history(walker: Walker) -> None:
    """After it is moved away, that of the backup is restored."""
    walker.write(ANNA)
    ledger = open_ledger("anna", Config.from_environment())
    with ledger.writing() as transaction:
        transaction.commit()
    type_passphrase(walker, BACKUP)
    settings_file().unlink()
    walker.typed = PASSPHRASE
    assert walker.go(RESTORE) == "SettingsError.restore-ledger"
    assert "Move that file away" in walker.hint
    ledger.path.rename(walker.home / "away.sqlite")
    type_passphrase(walker, RESTORE)
    assert ledger.path.exists()
