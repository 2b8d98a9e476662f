"""The state of a run while it goes on and afterwards."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from scraper.i18n import Catalogue
from scraper.runs.worker import WorkerResult
from scraper.web.pages import active_runs
from scraper.web.pages.active_runs import ActiveRun
from scraper.web.pages.run_status import RunStatus
from scraper.web.pages.run_steps import status_sentence
from scraper.web.pages.screenshot_folders import ScreenshotFolders

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_failed_step_lasts_until_the_end_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a look does not matter; while the run goes on the duration grows."""
    clock = [100.0]
    monkeypatch.setattr(active_runs, "monotonic", lambda: clock[0])
    run = ActiveRun(number=1, started=NOON, screenshots=tmp_path)
    run.record_step("login", None)
    clock[0] = 101.5
    assert [step.seconds for step in run.steps()] == [1.5]
    clock[0] = 102.0
    run.finish(WorkerResult(exit_code=3, error="WrongCredentials"), NOON)
    clock[0] = 500.0
    assert [(step.seconds, step.is_over) for step in run.steps()] == [(2.0, False)]


def test_pictures_of_a_killed_server_are_deleted_at_the_next_start(tmp_path: Path) -> None:
    """Those of a running server stay until its end."""
    script = (
        "import os, sys; from pathlib import Path; from scraper.web.pages.screenshot_folders import ScreenshotFolders; "
        "(ScreenshotFolders(Path(sys.argv[1])).create() / 'picture.png').touch(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    place = tmp_path / "page" / "pictures"
    assert len([*place.rglob("picture.png")]) == 1
    lives, next_one = ScreenshotFolders(tmp_path), ScreenshotFolders(tmp_path)
    kept = [lives.create(), lives.create()]
    next_one.remove_orphans()
    assert (all(folder.is_dir() for folder in kept), [*place.rglob("picture.png")]) == (True, [])
    assert len([*place.iterdir()]) == 2
    ending = Thread(target=lives.remove_own)  # as a server's: another than began the run
    ending.start()
    ending.join()
    assert [*place.iterdir()] == []


def test_last_step_is_shown_between_two_steps(tmp_path: Path) -> None:
    """A screen reader would read dots."""
    run = ActiveRun(number=1, started=NOON, screenshots=tmp_path)
    status = RunStatus(account="marie", kind="going", run=run)
    run.record_step("browser", None)
    run.record_step("browser", 0.5)
    assert status_sentence(status, Catalogue("en")) == "Running: Start the browser"
    run.record_step("portal", None)
    assert status_sentence(status, Catalogue("en")) == "Running: Connect to the portal"
