"""Errors of a backup and of its restoration: done as the hint says, the next try ends elsewhere."""

import re
import shutil
from collections.abc import Callable

import pytest

from scraper.config.configuration import Config
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.ledgers import open_ledger
from scraper.system.paths import settings_file, state_folder
from tests.hints.conftest import DONE, Walker
from tests.hints.test_accounts import ANNA
from tests.quick_age import WORK, encrypt_quickly

pytestmark = pytest.mark.usefixtures("quick_age")
PASSPHRASE = "four words are enough\n"
BACKUP, RESTORE = "backup b.age --passphrase-stdin", "restore b.age --passphrase-stdin"


@pytest.fixture
def anna(walker: Walker) -> Walker:
    """The walker with an account and a backup of it."""
    walker.write(ANNA)
    type_passphrase(walker, BACKUP)
    return walker


def type_passphrase(walker: Walker, command: str) -> None:
    """Run the command, which succeeds with the passphrase."""
    walker.typed = PASSPHRASE
    assert walker.go(command) == DONE, walker.error


def leave() -> None:
    """Go to a computer without settings and history; the backup comes along."""
    settings_file().unlink()
    shutil.rmtree(state_folder(), ignore_errors=True)


def made_on_a_faster_computer(_: bytes) -> bytes:
    """A backup that takes this computer too much work to open."""
    return encrypt_quickly(b"", PASSPHRASE.strip()).replace(f" {WORK}\n".encode(), b" 30\n", 1)


def test_a_weak_passphrase(walker: Walker) -> None:
    """A longer one is accepted."""
    walker.write(ANNA)
    walker.typed = "short\n"
    assert walker.go(BACKUP) == "SettingsError.backup-weak"
    assert "Choose a longer one" in walker.hint
    type_passphrase(walker, BACKUP)


@pytest.mark.parametrize("file", ["missing/b.age", ".", "x" * 256])
def test_a_file_that_cannot_be_written(walker: Walker, file: str) -> None:
    """The hint has no option of other commands: `backup` takes the file as its argument."""
    walker.write(ANNA)
    walker.typed = PASSPHRASE
    assert walker.go(f"backup {file} --passphrase-stdin").startswith("Sink")
    assert "--" not in walker.hint
    type_passphrase(walker, BACKUP)


def test_no_terminal_to_ask_at(walker: Walker) -> None:
    """The option in the hint reads the passphrase."""
    walker.write(ANNA)
    assert walker.go("backup b.age") == "SettingsError.backup-unasked"
    option = re.findall(r"--[a-z-]+", walker.hint)
    type_passphrase(walker, f"backup b.age {option[0]}")


def test_another_passphrase(anna: Walker) -> None:
    """The one of the backup restores it."""
    leave()
    anna.typed = "some other words\n"
    assert anna.go(RESTORE) == "SettingsError.backup-passphrase"
    assert "the one chosen when the backup was made" in anna.hint
    type_passphrase(anna, RESTORE)


@pytest.mark.parametrize(
    ("given", "reason", "hint"),
    [
        (lambda whole: whole[:-40], "SettingsError.backup-damaged", "Copy the file from the other computer again"),
        (made_on_a_faster_computer, "SettingsError.backup-too-slow", "when it has less to do"),
    ],
)
def test_a_backup_that_cannot_be_opened(anna: Walker, given: Callable[[bytes], bytes], reason: str, hint: str) -> None:
    """Copied again, or once the computer has less to do, it is restored."""
    leave()
    file = anna.home / "b.age"
    whole = file.read_bytes()
    file.write_bytes(given(whole))
    anna.typed = PASSPHRASE
    assert anna.go(RESTORE) == reason
    assert hint in anna.hint
    file.write_bytes(whole)
    type_passphrase(anna, RESTORE)


def test_a_backup_that_is_not_there(anna: Walker) -> None:
    """Its path is corrected."""
    leave()
    assert anna.go("restore c.age --passphrase-stdin") == "SettingsError.restore-file"
    assert anna.hint == "Check its path."
    type_passphrase(anna, RESTORE)


def test_subscribers_are_there_already(walker: Walker) -> None:
    """Revoked by the command in the hint, those of the backup take their place."""
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


def test_a_history_is_there_already(walker: Walker) -> None:
    """Moved away, that of the backup takes its place."""
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
