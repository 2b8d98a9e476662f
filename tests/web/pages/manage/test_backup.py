"""A backup of one computer, restored on another, by the page and by command."""

import gzip
import json
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault.age import open_sealed, seal_with
from scraper.config.vault.vaults import Vaults, vaults
from scraper.domain.planning import Event
from scraper.errors import AurionError, SettingsError, StateTooNew, VaultLocked
from scraper.publishing.job import job_for_account
from scraper.publishing.ledgers import ledger_of_account
from scraper.runs.backup_file import FORMAT, Backup, make_backup, open_backup, relocate_path, restore_backup
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs
from tests.cases import for_each
from tests.commands import run_here
from tests.conftest import HOMES
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import PASSWORD, lessons, publish_run, text_of

pytestmark = pytest.mark.usefixtures("quick_age")
PHRASE = SecretStr("four words of canary")
Move = Callable[[], Path]


@pytest.fixture
def move_to_new_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Move:
    """A function that moves to a computer without this program, and returns its home folder."""

    def go() -> Path:
        folder = tmp_path / "another-home"
        folder.mkdir()
        for name, inside in HOMES.items():
            monkeypatch.setenv(name, str(folder / inside))
        return folder

    return go


def read_backup(made: Backup, **changed: object) -> Backup:
    """Decrypt a backup; give it another content."""
    content = json.loads(gzip.decompress(open_sealed(made.seal(PHRASE), PHRASE)))
    return open_backup(seal_with(PHRASE, gzip.compress(json.dumps(content | changed).encode())), PHRASE)


def contents(home: Path) -> dict[str, bytes]:
    """Return all files below a home folder."""
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_restore_brings_accounts_passwords_history_and_subscribers(
    anna: str, home: Path, served: Served, move_to_new_computer: Move
) -> None:
    """Paths are those of the other home."""
    address = re.search(r"(/c/[^\"]+)", served.subscribe(account=anna).text)
    made = make_backup(Config(), vaults())
    assert PASSWORD not in repr(made)
    before, there = Path(os.environ["HOME"]), move_to_new_computer()
    assert restore_backup(read_backup(made), Config(), vaults()) == (anna,)
    account = load_account(anna, Config())
    assert account.outputs == (str(there / "anna.ics"),)
    assert settings_file().read_text() == (
        Path(before, ".config/aurion-planning/settings.toml").read_text().replace(f"{home}/", "~/")
    )
    found = vaults().find(anna)
    assert found
    assert found[1].get_secret_value() == PASSWORD
    assert Runs(state_folder(), anna).last_good()
    served.state.folder = state_folder()
    assert address
    subscribers = (state_folder() / "feeds" / "subscribers.json").read_text()
    assert subscribers == (before / ".local/state/aurion-planning/feeds/subscribers.json").read_text()
    assert [path.name for path in (state_folder() / "feeds").rglob("*.ics")]
    for path in (state_folder() / "ledgers", settings_file(), state_folder() / "feeds"):
        assert path.stat().st_mode & 0o077 == 0


def lessons_with_one_moved() -> tuple[Event, ...]:
    """Return the lessons, the first an hour later."""
    first, *others = lessons()
    hour = timedelta(hours=1)
    changes = {"start": first.start + hour, "end": first.end + hour}
    return (Event(**{name: getattr(first, name) for name in Event.__slots__} | changes), *others)


def test_sequence_goes_on_after_a_restore(anna: str, move_to_new_computer: Move) -> None:
    """A calendar program accepts the next change of an event."""
    publish_run(anna, lessons_with_one_moved())
    made = read_backup(make_backup(Config(), vaults()))
    there = move_to_new_computer()
    restore_backup(made, Config(), vaults())
    publish_run(anna, tuple(lessons()))
    calendar = (there / "anna.ics").read_text()
    assert calendar.count("SEQUENCE:2") == 1
    assert calendar.count("SEQUENCE:0") == 11


def test_copy_is_consistent_while_a_run_writes(anna: str) -> None:
    """It has the write-ahead log, and no uncommitted change."""
    ledger = ledger_of_account(job_for_account(anna, Config.from_environment()).account)
    with ledger.writing() as transaction:
        transaction.connection.exec_driver_sql("DELETE FROM events")
        made = make_backup(Config(), vaults())
    (body,) = (body for name, body in made.files.items() if name.startswith("ledgers/"))
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.deserialize(body)
        assert copy.execute("SELECT count(*) FROM events").fetchone() == (12,)


@pytest.mark.parametrize(
    ("changed", "error", "reason"),
    [
        ({"format": FORMAT + 1}, StateTooNew, "backup"),
        ({"format": "one"}, SettingsError, "backup-damaged"),
        ({"files": {"../evil.json": ""}}, SettingsError, "backup-damaged"),
        ({"files": {"feeds/x.json": "é"}}, SettingsError, "backup-damaged"),
        ({"settings": 'ouput = "x"'}, SettingsError, "unknown-setting"),
        ({"settings": "["}, SettingsError, "settings-toml"),
        ({"files": {f"ledgers/{'0' * 16}.sqlite": "AAAA"}}, AurionError, ""),
    ],
)  # fmt: skip
def test_invalid_backup_changes_nothing(
    anna: str, move_to_new_computer: Move, changed: dict[str, object], error: type[AurionError], reason: str
) -> None:
    """A later format, a name outside the state folder, unknown settings, a damaged ledger."""
    del anna
    made, there = make_backup(Config(), vaults()), move_to_new_computer()
    with pytest.raises(error) as caught:
        restore_backup(read_backup(made, **changed), Config(), vaults())
    assert caught.value.reason == reason
    assert not [path for path in contents(there) if not path.endswith(".lock")]


def test_restore_replaces_nothing(anna: str) -> None:
    """Settings, subscribers and history that exist are each reported."""
    made = read_backup(make_backup(Config(), vaults()))
    for reason, path in (
        ("settings-exist", settings_file()),
        ("restore-ledger", ledger_of_account(job_for_account(anna, Config.from_environment()).account).path),
    ):
        before = contents(Path.home())
        with pytest.raises(SettingsError) as caught:
            restore_backup(made, Config(), vaults())
        assert (caught.value.reason, caught.value.facts["path"]) == (reason, str(path))
        assert {**contents(Path.home()), **before} == contents(Path.home())
        path.unlink()


def test_restore_refuses_to_replace_subscribers(anna: str, served: Served) -> None:
    """Their addresses would stop working."""
    served.subscribe(account=anna)
    made = read_backup(make_backup(Config(), vaults()))
    settings_file().unlink()
    with pytest.raises(SettingsError) as caught:
        restore_backup(made, Config(), vaults())
    assert caught.value.reason == "restore-subscribers"


def test_failed_restore_leaves_no_file(anna: str, move_to_new_computer: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password store is locked after the files were written."""
    del anna
    made, there = read_backup(make_backup(Config(), vaults())), move_to_new_computer()

    def refuse(_: Vaults, name: str) -> None:
        raise VaultLocked("keyring-hangs", account=name)

    monkeypatch.setattr(Vaults, "home", refuse)
    with pytest.raises(VaultLocked):
        restore_backup(made, Config(), vaults())
    assert not [path for path in contents(there) if not path.endswith(".lock")]
    assert Config().account_names == ()


@for_each(
    ("text", "moved"),
    [
        (r"C:\Users\anna\Downloads\a b.ics", "/home/bert/Téléchargements/a b.ics"),
        (r"C:\Users\anna\cal\a.ics", "/home/bert/cal/a.ics"),
        (r"C:\Users\annabel\a.ics", r"C:\Users\annabel\a.ics"), ("-", "-"), ("/srv/a.ics", "/srv/a.ics"),
    ],
)  # fmt: skip
@pytest.mark.skipif(os.sep != "/", reason="the new computer of the examples is not Windows")
def test_paths_are_translated_to_the_new_home(text: str, moved: str) -> None:
    """Also paths of another system; a path in no known folder stays."""
    old = {"state": r"C:\Users\anna\AppData", "downloads": r"C:\Users\anna\Downloads", "home": r"C:\Users\anna"}
    new = {"state": "/home/bert/.local/state", "downloads": "/home/bert/Téléchargements", "home": "/home/bert"}
    assert relocate_path(text, old, new) == moved


def test_backup_and_restore_by_command(anna: str, home: Path, move_to_new_computer: Move) -> None:
    """The file contains no plain text; a wrong passphrase or a damaged file changes nothing."""
    phrase = PHRASE.get_secret_value()
    (home / "notes.txt").write_text("mine")
    for name, typed, code in (("notes.txt", phrase, 8), ("b.age", "short", 2), ("b.age", "", 2), ("b.age", phrase, 0)):
        made = run_here("backup", name, "--passphrase-stdin", cwd=home, typed=f"{typed}\n")
        assert (made.returncode, (home / "b.age").exists()) == (code, code == 0), made.stderr
    sealed = (home / "b.age").read_bytes()
    assert (home / "b.age").stat().st_mode & 0o077 == 0
    assert not any(word.encode() in sealed for word in (PASSWORD, "junia", "anna", "Anglais"))
    there = move_to_new_computer()
    (there / "b.age").write_bytes(sealed)
    (there / "half.age").write_bytes(sealed[: len(sealed) // 2])
    for name, typed in (("b.age", "another passphrase"), ("half.age", phrase), ("none.age", phrase)):
        failed = run_here("restore", name, "--passphrase-stdin", cwd=there, typed=f"{typed}\n")
        assert (failed.returncode, phrase in failed.stderr) == (2, False)
        assert Config().account_names == ()
    assert run_here("restore", "b.age", cwd=there).returncode == 2
    done = run_here("restore", "b.age", "--passphrase-stdin", cwd=there, typed=f"{phrase}\n")
    assert (done.returncode, anna in done.stdout) == (0, True), done.stderr
    again = run_here("restore", "b.age", "--passphrase-stdin", cwd=there, typed=f"{phrase}\n")
    assert again.returncode == 2
    assert list(there.glob("*.age"))


@pytest.mark.slow
def test_backup_and_restore_by_the_page(
    anna: str, served: Served, visitor: Page, move_to_new_computer: Move, tmp_path: Path
) -> None:
    """One form downloads the backup; on a computer without accounts another form restores it."""
    phrase = PHRASE.get_secret_value()
    visitor.goto(f"{served.address}/accounts")
    visitor.locator('a[href$="/backup"]').click()
    visitor.locator("#passphrase").fill(phrase)
    visitor.locator("#again").fill(f"{phrase}x")
    visitor.locator("main form button.main").click()
    expect(visitor.get_by_role("alert")).to_be_visible()
    visitor.locator("#passphrase").fill(phrase)
    visitor.locator("#again").fill(phrase)
    with visitor.expect_download() as downloaded:
        visitor.locator("main form button.main").click()
    file = tmp_path / "moved.age"
    downloaded.value.save_as(file)
    move_to_new_computer()
    served.state.folder = state_folder()
    visitor.goto(f"{served.address}/welcome")
    visitor.locator('a[href$="/backup"]').click()
    for typed in ("another passphrase", phrase):
        assert Config().account_names == ()
        visitor.locator("#file").set_input_files(file)
        visitor.locator("#passphrase").fill(typed)
        visitor.locator("main form button.main").click()
        expect(visitor.get_by_role("alert" if typed != phrase else "status")).to_be_visible()
    assert Config().account_names == (anna,)
    assert phrase not in visitor.content()


def test_page_reports_invalid_passphrases_and_files(anna: str, served: Served) -> None:
    """Two different passphrases, a short one, no file, and a restore where accounts exist."""
    del anna
    for path, form, text in (
        ("/backup", {"passphrase": "a", "again": "b"}, "not the same"),
        ("/backup", {"passphrase": "short", "again": "short"}, "at least 10 characters"),
        ("/restore", {}, "Choose a file."),
        ("/restore", {"file": "x", "passphrase": "x"}, "is not a backup"),
    ):
        answer = served.post(path, **form)
        assert (answer.status, text in text_of(answer)) == (422, True)
    large = {"file": "x" * 300_000}
    assert served.post("/restore", **large).status == 422
    assert served.post("/backup", **large).status == 413
