"""Hints of errors about files, passwords and locks of this machine: each one leads to another result."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from scraper.config.vault.vaults import vaults
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs
from tests.cases import for_each
from tests.config.vault.keyrings import Good, Locked
from tests.config.vault.test_age_file import PHRASE, write_quick_file
from tests.hints.conftest import DONE, READY, Walker
from tests.hints.test_accounts import ANNA, BEA
from tests.paths import ROOT

EXPORT = "export --school junia --login x --output a.ics"
WHERE = "account password anna --show-location"
MINE = "export --school mine --login x"


@pytest.fixture
def anna(walker: Walker) -> Walker:
    """Return the walker with an account and its password in the age file."""
    walker.write(ANNA)
    walker.typed = "secret\n"
    assert walker.go("account password anna --password-stdin") == DONE, walker.error
    return walker


def test_hint_of_settings_that_others_may_write(walker: Walker) -> None:
    """The command in the hint is enough."""
    walker.write("months = 3\n")
    settings_file().chmod(0o666)
    assert walker.go(EXPORT) == "SettingsError.others-write"
    subprocess.run(walker.hint.removeprefix("Run: "), shell=True, check=True)  # noqa: S602 - as a user does
    assert walker.go(EXPORT) == READY


def test_hint_of_a_folder_in_place_of_the_settings(walker: Walker) -> None:
    """After it is moved away, the export starts."""
    settings_file().mkdir(parents=True)
    assert walker.go(EXPORT) == "SettingsError.settings-no-file"
    assert "move it away" in walker.hint
    settings_file().rename(walker.home / "away")
    assert walker.go(EXPORT) == READY


def test_hint_of_two_accounts_with_one_file(walker: Walker) -> None:
    """With an output for each account, both start."""
    walker.write(ANNA + BEA.replace("b.ics", "a.ics"))
    assert walker.go("export --all") == "SettingsError.account-file"
    assert "its own file" in walker.hint
    walker.write(ANNA + BEA)
    assert walker.go("export anna") == READY


def test_hint_of_an_account_without_a_login(walker: Walker) -> None:
    """The line of the hint is added."""
    walker.write("[accounts.anna]\nschool = 'junia'\n")
    assert walker.go("export anna") == "SettingsError.account-login"
    assert 'login = "…"' in walker.hint
    walker.write("[accounts.anna]\nschool = 'junia'\nlogin = 'anna'\n")
    assert walker.go("export anna") == READY


def test_hint_of_a_recording_of_two_accounts(walker: Walker) -> None:
    """One account is named."""
    walker.write(ANNA + BEA)
    assert walker.go("export --all --record r.json") == "SettingsError.record-for-one"
    assert "Name one account" in walker.hint
    assert walker.go("export anna --record r.json") == READY


def test_hint_of_a_recording_to_standard_output(walker: Walker) -> None:
    """A file is accepted in place of `-`."""
    walker.write(ANNA)
    assert walker.go("export anna --record -") == "SettingsError.record"
    assert "--record with a file" in walker.hint
    assert walker.go("export anna --record r.json") == READY


def test_hint_of_if_due(walker: Walker) -> None:
    """The option is left out."""
    walker.write(ANNA)
    assert walker.go("export --all --if-due") == "SettingsError.if-due"
    assert "leave out --if-due" in walker.hint
    assert walker.go("export anna") == READY


@for_each(
    ("text", "error", "follows", "right"),
    [
        ("name = 1", "SettingsError.school-text", "quotes", "name = 'Mine'"),
        ("name = 'Mine'\nlayuts = []", "SettingsError.school-key", "layouts", "name = 'Mine'\nlayouts = []"),
        ("name = ", "SettingsError.school-file", "that line of the file", "name = 'Mine'"),
    ],
)
def test_hint_of_an_invalid_school_file(walker: Walker, text: str, error: str, follows: str, right: str) -> None:
    """The line is corrected."""
    file = settings_file().parent / "schools" / "mine.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"base_url = 'https://aurion.example.fr'\n{text}\n", encoding="utf-8")
    assert walker.go(MINE) == error
    assert follows in walker.hint
    file.write_text(f"base_url = 'https://aurion.example.fr'\n{right}\n", encoding="utf-8")
    assert walker.go(MINE) == READY, walker.error


def test_hint_of_a_downloads_folder_that_cannot_be_created(walker: Walker) -> None:
    """--output names another folder."""
    (walker.home / "file").touch()
    (walker.home / ".config").mkdir(exist_ok=True)
    (walker.home / ".config/user-dirs.dirs").write_text('XDG_DOWNLOAD_DIR="$HOME/file/downloads"\n', encoding="utf-8")
    assert walker.go("export --school junia --login x") == "SettingsError.downloads"
    assert "--output" in walker.hint
    assert walker.go(EXPORT) == READY


def test_hint_of_two_ledgers_without_accounts(walker: Walker) -> None:
    """Login and school select one."""
    ledgers = state_folder() / "ledgers"
    ledgers.mkdir(parents=True)
    for name in ("a", "b"):
        (ledgers / f"{name}.sqlite").touch()
    assert walker.go("changes") == "SettingsError.which-account"
    assert "--login, and --school" in walker.hint
    assert walker.go("changes --login x --school junia") == "LedgerMissing"


@pytest.mark.slow
def test_hint_of_another_run(walker: Walker) -> None:
    """After its end the same command starts."""
    walker.write(ANNA)
    with Runs(state_folder(), "anna").lock():
        assert walker.go("export anna") == "AnotherRun"
        assert "Wait until it has finished" in walker.hint
    assert walker.go("export anna") == READY


def test_hint_of_variables_that_a_timer_refuses(walker: Walker) -> None:
    """Without the secret or the line end the timer is accepted."""
    walker.write(ANNA)
    show = "schedule on --kind cron --show"
    assert walker.go(show, AURION_PASSWORD="secret") == "ScheduleError.secret"
    assert "aurion account password" in walker.hint
    assert walker.go(show) == DONE
    assert walker.go(show, AURION_MENU="a\nb") == "SettingsError.text-control"
    assert "without that character" in walker.hint
    assert walker.go(show, LC_ALL="fr\nb") == "ScheduleError.control"
    assert "unset the variable" in walker.hint.lower()
    assert walker.go(show) == DONE


def test_hint_of_a_fixture(walker: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the clone the report is checked, and a name like that of the hint is accepted."""
    assert walker.go("fixture good.ics") == "SettingsError.no-checkout"
    assert "from within the clone" in walker.hint
    report = next(ROOT.glob("fixtures/recordings/junia/*.json"))
    clone = walker.home / "clone"
    for place in ("fixtures/recordings", "scraper"):
        (clone / place).mkdir(parents=True)
    (clone / "scraper/__main__.py").touch()
    monkeypatch.chdir(clone)
    assert walker.go(f"fixture {walker.home}/good.ics") == "BadRecording.shape"
    assert walker.go(f"fixture {report} --name 'A b'") == "SettingsError.fixture-name"
    assert "--name planning-renamed" in walker.hint
    assert walker.go(f"fixture {report} --name planning-renamed") == DONE
    assert walker.go(f"fixture {report} --name planning-renamed") == "SettingsError.fixture-exists"
    assert "another --name" in walker.hint
    assert walker.go(f"fixture {report} --name planning-renamed-again") == DONE


def age() -> Path:
    """Return the path of the age file."""
    return vaults().age.path


def move_away() -> None:
    """Move the age file away, as the hint says."""
    age().rename(age().with_name("away"))


def new_password(walker: Walker) -> str:
    """Set the password again, as the hint says."""
    assert "aurion account password anna" in walker.hint.replace("NAME", "anna"), walker.hint
    walker.typed = "secret\n"
    return walker.go("account password anna --password-stdin")


def test_hint_of_a_missing_or_wrong_passphrase(walker: Walker) -> None:
    """The variable opens the file; otherwise the file is moved away."""
    walker.write(ANNA)
    write_quick_file(age())
    assert walker.go(WHERE) == "VaultLocked.passphrase-missing"
    assert "AURION_PASSPHRASE" in walker.hint
    assert walker.go(WHERE, AURION_PASSPHRASE=PHRASE.get_secret_value()) == DONE
    assert walker.go(WHERE, AURION_PASSPHRASE="wrong") == "VaultLocked.passphrase-wrong"
    assert f"move {age()} away" in walker.hint
    move_away()
    assert new_password(walker) == DONE


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda: age().write_bytes(b"garbage"), "damaged"),
        (lambda: key().unlink(), "key-missing"),
        (lambda: key().write_text("garbage"), "key-damaged"),
    ],
    ids=["damaged", "key-missing", "key-damaged"],
)
def test_hint_of_an_age_file_that_cannot_be_opened(anna: Walker, spoil: Callable[[], object], error: str) -> None:
    """The file of the hint is moved away, and the password set again."""
    spoil()
    assert anna.go(WHERE) == f"VaultLocked.{error}"
    if error == "key-damaged":
        age().parent.rename(age().parent.with_name("away"))
    else:
        move_away()
    assert new_password(anna) == DONE, anna.error
    assert anna.go(WHERE) == DONE


def key() -> Path:
    """Return the path of the key beside the age file."""
    return next(path for path in age().parent.iterdir() if "key" in path.name)


def test_hint_of_a_readable_age_file(anna: Walker) -> None:
    """The command in the hint restricts its permissions."""
    age().chmod(0o644)
    assert anna.go(WHERE) == "VaultLocked.open-to-others"
    subprocess.run(anna.hint.partition(": ")[2], shell=True, check=True)  # noqa: S602 - as a user does
    assert anna.go(WHERE) == DONE


def test_hint_of_a_missing_or_locked_keyring(anna: Walker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The age file stays; an unlocked keyring takes the password and returns it."""
    assert anna.go("account password anna --move keyring") == "VaultLocked.keyring-none"
    assert "Leave the passwords in the age file" in anna.hint
    assert anna.go(WHERE) == DONE
    good = Good()
    use_keyring(monkeypatch, good)
    assert anna.go("account password anna --move keyring") == DONE
    use_keyring(monkeypatch, Locked())
    assert anna.go(WHERE) == "VaultLocked.keyring-locked"
    move = "account password anna --move age"
    assert f"aurion {move.replace('anna', 'NAME')}" in anna.hint
    use_keyring(monkeypatch, good)
    assert anna.go(move) == DONE
    assert anna.go("export anna") == READY


def use_keyring(monkeypatch: pytest.MonkeyPatch, backend: KeyringBackend) -> None:
    """Replace the system's keyring."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
