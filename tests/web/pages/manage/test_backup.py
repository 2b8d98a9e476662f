"""A backup of one computer, restored on another one, by the page and by command."""

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
from tests.commands import run_here
from tests.conftest import HOMES
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import PASSWORD, lessons, ran, shown

pytestmark = pytest.mark.usefixtures("quick_age")
PHRASE = SecretStr("four words of canary")
Move = Callable[[], Path]


@pytest.fixture
def leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Move:
    """Go to another computer, where this program was never used; return its home folder."""

    def go() -> Path:
        folder = tmp_path / "another-home"
        folder.mkdir()
        for name, inside in HOMES.items():
            monkeypatch.setenv(name, str(folder / inside))
        return folder

    return go


def read_back(made: Backup, **changed: object) -> Backup:
    """Decrypt a backup with another content."""
    content = json.loads(gzip.decompress(open_sealed(made.seal(PHRASE), PHRASE)))
    return open_backup(seal_with(PHRASE, gzip.compress(json.dumps(content | changed).encode())), PHRASE)


def contents(home: Path) -> dict[str, bytes]:
    """All files below a home folder."""
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_everything_is_on_the_other_computer(anna: str, home: Path, served: Served, leave: Move) -> None:
    """Account, settings, rules, password, history, subscriber; paths are those of the other home."""
    address = re.search(r"(/c/[^\"]+)", served.subscribe(account=anna).text)
    made = make_backup(Config(), vaults())
    assert PASSWORD not in repr(made)
    before, there = Path(os.environ["HOME"]), leave()
    assert restore_backup(read_back(made), Config(), vaults()) == (anna,)
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


def moved_by_an_hour() -> tuple[Event, ...]:
    """The lessons, the first an hour later."""
    first, *others = lessons()
    hour = timedelta(hours=1)
    changes = {"start": first.start + hour, "end": first.end + hour}
    return (Event(**{name: getattr(first, name) for name in Event.__slots__} | changes), *others)


def test_revisions_go_on_where_they_were(anna: str, leave: Move) -> None:
    """The next change of an event raises its SEQUENCE; a calendar that read the old ones accepts it."""
    ran(anna, moved_by_an_hour())
    made = read_back(make_backup(Config(), vaults()))
    there = leave()
    restore_backup(made, Config(), vaults())
    ran(anna, tuple(lessons()))
    calendar = (there / "anna.ics").read_text()
    assert calendar.count("SEQUENCE:2") == 1
    assert calendar.count("SEQUENCE:0") == 11


def test_a_copy_is_whole_while_another_run_writes(anna: str) -> None:
    """The write-ahead log is in it; what is not committed is not."""
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
def test_what_cannot_be_read_changes_nothing(
    anna: str, leave: Move, changed: dict[str, object], error: type[AurionError], reason: str
) -> None:
    """A later format, a name outside the state folder, settings that this version does not know, a damaged ledger."""
    del anna
    made, there = make_backup(Config(), vaults()), leave()
    with pytest.raises(error) as caught:
        restore_backup(read_back(made, **changed), Config(), vaults())
    assert caught.value.reason == reason
    assert not [path for path in contents(there) if not path.endswith(".lock")]


def test_nothing_that_is_there_is_replaced(anna: str) -> None:
    """Settings, subscribers, the history of the same account: each is named, and stays as it is."""
    made = read_back(make_backup(Config(), vaults()))
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


def test_subscribers_that_are_there_stay(anna: str, served: Served) -> None:
    """Their addresses would stop working."""
    served.subscribe(account=anna)
    made = read_back(make_backup(Config(), vaults()))
    settings_file().unlink()
    with pytest.raises(SettingsError) as caught:
        restore_backup(made, Config(), vaults())
    assert caught.value.reason == "restore-subscribers"


def test_a_restore_that_fails_leaves_nothing(anna: str, leave: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password store is locked after the files were written."""
    del anna
    made, there = read_back(make_backup(Config(), vaults())), leave()

    def refuse(_: Vaults, name: str) -> None:
        raise VaultLocked("keyring-hangs", account=name)

    monkeypatch.setattr(Vaults, "home", refuse)
    with pytest.raises(VaultLocked):
        restore_backup(made, Config(), vaults())
    assert not [path for path in contents(there) if not path.endswith(".lock")]
    assert Config().account_names == ()


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        (r"C:\Users\anna\Downloads\a b.ics", "/home/bert/Téléchargements/a b.ics"),
        (r"C:\Users\anna\cal\a.ics", "/home/bert/cal/a.ics"),
        (r"C:\Users\annabel\a.ics", r"C:\Users\annabel\a.ics"), ("-", "-"), ("/srv/a.ics", "/srv/a.ics"),
    ],
)  # fmt: skip
@pytest.mark.skipif(os.sep != "/", reason="the new computer of the examples is not Windows")
def test_paths_of_the_old_computer(text: str, moved: str) -> None:
    """Also of another system; what is in none of its known folders stays."""
    old = {"state": r"C:\Users\anna\AppData", "downloads": r"C:\Users\anna\Downloads", "home": r"C:\Users\anna"}
    new = {"state": "/home/bert/.local/state", "downloads": "/home/bert/Téléchargements", "home": "/home/bert"}
    assert relocate_path(text, old, new) == moved


def test_by_command(anna: str, home: Path, leave: Move) -> None:
    """One file, which has nothing in clear; a wrong passphrase or a damaged file changes nothing."""
    phrase = PHRASE.get_secret_value()
    (home / "notes.txt").write_text("mine")
    for name, typed, code in (("notes.txt", phrase, 8), ("b.age", "short", 2), ("b.age", "", 2), ("b.age", phrase, 0)):
        made = run_here("backup", name, "--passphrase-stdin", cwd=home, typed=f"{typed}\n")
        assert (made.returncode, (home / "b.age").exists()) == (code, code == 0), made.stderr
    sealed = (home / "b.age").read_bytes()
    assert (home / "b.age").stat().st_mode & 0o077 == 0
    assert not any(word.encode() in sealed for word in (PASSWORD, "junia", "anna", "Anglais"))
    there = leave()
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
def test_by_the_page(anna: str, served: Served, visitor: Page, leave: Move, tmp_path: Path) -> None:
    """Two forms in a browser: a download, and on a computer without accounts a file to choose."""
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
    leave()
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


def test_the_page_says_what_it_needs(anna: str, served: Served) -> None:
    """Not twice the same, too short, no file; a file where there are accounts already."""
    del anna
    for path, form, text in (
        ("/backup", {"passphrase": "a", "again": "b"}, "not the same"),
        ("/backup", {"passphrase": "short", "again": "short"}, "at least 10 characters"),
        ("/restore", {}, "Choose a file."),
        ("/restore", {"file": "x", "passphrase": "x"}, "is not a backup"),
    ):
        answer = served.post(path, **form)
        assert (answer.status, text in shown(answer)) == (422, True)
    large = {"file": "x" * 300_000}
    assert served.post("/restore", **large).status == 422
    assert served.post("/backup", **large).status == 413
