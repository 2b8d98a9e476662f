"""Data of an earlier version is read without loss: fixtures/state has a folder for each version."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from scraper.cli.app import run_command_line
from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault.vaults import vaults
from scraper.domain.recording import load
from scraper.publishing.feed_calendars import feed_targets
from scraper.publishing.job import job_for_account
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.publish import republish
from scraper.system.paths import FORMAT, FORMAT_FILE, settings_file, state_folder
from tests.cases import for_each
from tests.commands import run_here
from tests.paths import ROOT
from tests.publishing.ledger.runs import vevents

VERSIONS = sorted((ROOT / "fixtures" / "state").iterdir())
PLACES = {"config": "XDG_CONFIG_HOME", "state": "XDG_STATE_HOME", "data": "XDG_DATA_HOME"}


@pytest.fixture(params=VERSIONS, ids=lambda folder: folder.name)
def kept(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the data of an earlier version: two exports, a held change, a failure, a subscription."""
    folder = home / "kept"
    shutil.copytree(request.param, folder)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for name, variable in PLACES.items():
        monkeypatch.setenv(variable, str(folder / name))
    monkeypatch.setenv("AURION_LANGUAGE", "en")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return folder


def shown(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON that the command prints."""
    capsys.readouterr()
    assert run_command_line([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("kept", "signals")
def test_accounts_passwords_and_sessions_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Settings, password and session are those that were stored."""
    (account,) = shown(capsys, "account", "list")
    assert (account["name"], account["password"]) == ("anna", "age file")
    found = vaults().find("anna")
    assert found is not None
    assert found[1].get_secret_value() == "motdepasse"
    assert settings_file().exists()
    assert load_account("anna", Config()).account().session_file.path.exists()


@pytest.mark.usefixtures("kept", "signals")
def test_runs_and_the_last_failure_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """The last problem, the pending changes, and the recording of the failure."""
    (account,) = shown(capsys, "status", code=6)["accounts"]
    assert (account["last_run"]["error"], account["last_run"]["reason"]) == ("PortalChanged", "no-planning")
    assert account["held"]["changes"]["edited"] == 1
    failure = load(state_folder() / "failure-anna.json")
    assert failure.failure is not None
    assert failure.failure.error == "PortalChanged"


@pytest.mark.usefixtures("kept", "signals")
def test_ledger_and_its_pending_changes_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    """A pending change can be discarded."""
    calendars = shown(capsys, "history")
    assert [(one["events"], Path(one["output"]).name) for one in calendars] == [(153, "anna.ics"), (153, "same.ics")]
    (change,) = shown(capsys, "publish", "--show")["list"]
    assert (change["change"], change["after"]["rooms"]) == ("edited", ["IC2_0659"])
    assert run_command_line(["publish", "--discard"]) == 0
    assert not shown(capsys, "publish", "--show")["held"]


@pytest.mark.usefixtures("signals")
@for_each("arguments", [["status"], ["history"], ["export", "anna"], ["serve", "--no-open"], ["logout"]])
def test_data_of_a_later_version_is_not_changed(kept: Path, arguments: list[str]) -> None:
    """After a downgrade each command ends with exit code 10, a sentence and the next step."""
    (kept / "state" / "aurion-planning" / FORMAT_FILE).write_text(f"{FORMAT + 1}\n", encoding="utf-8")
    before = contents(kept)
    done = run_here(*arguments, cwd=kept, LC_ALL="en_GB.UTF-8")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (10, "", 2)
    assert "A later version of this program wrote the data" in done.stderr
    assert contents(kept) == before


@pytest.mark.usefixtures("kept", "signals")
def test_state_folder_gets_its_format_once() -> None:
    """The first command writes it; a missing folder is not created."""
    assert run_command_line(["status"]) == 6
    assert (state_folder() / FORMAT_FILE).read_text(encoding="utf-8") == f"{FORMAT}\n"
    assert run_command_line(["status"]) == 6
    shutil.rmtree(state_folder())
    assert run_command_line(["schools"]) == 0
    assert not state_folder().exists()


def contents(folder: Path) -> dict[Path, bytes]:
    """Return all files with their bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("signals")
def test_subscribers_and_their_calendars_are_read(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The subscriber is listed, and its file exists."""
    (subscriber,) = shown(capsys, "feed", "list")
    assert subscriber["label"] == "phone"
    assert list((kept / "state").rglob("same.ics"))


def test_colours_of_courses_are_not_revisions(kept: Path) -> None:
    """The stored calendars have none: each event gets one, with its SEQUENCE and time stamps."""
    old = vevents(next((kept / "state").rglob("same.ics")).read_bytes())
    job = job_for_account("anna", Config.from_environment())
    with ledger_of_account(job.account).reading() as books:
        now = max(one.last_seen for one in books.tracked_events())
    (feed,) = feed_targets(job, now)
    assert republish(job.account.school, [feed], ledger_of_account(job.account), period=job.period, now=now)
    new = vevents(next((kept / "state").rglob("same.ics")).read_bytes())
    assert new.keys() == old.keys()
    styled = ("COLOR", "CATEGORIES", "X-AURION-COURSE")
    assert all({**one, **dict.fromkeys(styled)} == {**old[uid], **dict.fromkeys(styled)} for uid, one in new.items())
    assert any("X-AURION-COURSE" in one for one in new.values())
