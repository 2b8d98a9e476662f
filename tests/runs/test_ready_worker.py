"""The process that waits for a click: one at a time, used once, and ended after a time without visits."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import active_count

import psutil
import pytest

from scraper.config.settings.settings_file import change_account
from scraper.demo import LOGIN, PASSWORD, Demo
from scraper.runs import ready_worker
from scraper.runs.ready_worker import ReadyWorker
from scraper.runs.worker import PASSWORD as PASSWORD_VARIABLE
from scraper.runs.worker import WorkerResult, run_worker, start_waiting
from scraper.system.processes import descendants, is_alive, start_process
from tests.lessons import lessons_ahead
from tests.runs.test_export_process import eventually

Started = list[tuple[str, subprocess.Popen[str]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Return the started processes, which only wait for input."""
    made: Started = []

    def start(account: str, environment: dict[str, str]) -> subprocess.Popen[str]:
        made.append((account, start_process((sys.executable, "-c", "input()"), environment)))
        return made[-1][1]

    monkeypatch.setattr(ready_worker, "start_waiting", start)
    return made


@pytest.fixture
def ready(started: Started) -> Iterator[ReadyWorker]:
    """Return a worker pool of one process."""
    del started
    made = ReadyWorker(dict(os.environ))
    yield made
    made.close()


def test_visits_start_one_process_that_is_used_once(ready: ReadyWorker, started: Started) -> None:
    """Another account has no process; after it is used, the next visit starts another."""
    for _ in range(3):
        ready.prepare("anna")
    assert [account for account, _ in started] == ["anna"]
    assert ready.take("ben") is None
    assert ready.take("anna") is started[0][1]
    assert ready.take("anna") is None
    ready_worker._let_end(started[0][1])
    ready.prepare("anna")
    assert len(started) == 2


def test_process_is_replaced_for_another_account_and_after_a_crash(ready: ReadyWorker, started: Started) -> None:
    """The old process ends, and a process that crashed is never used."""
    ready.prepare("anna")
    ready.prepare("ben")
    assert eventually(lambda: started[0][1].poll() is not None)
    started[1][1].kill()
    started[1][1].wait()
    assert ready.take("ben") is None
    ready.prepare("ben")
    assert [account for account, _ in started] == ["anna", "ben", "ben"]


def test_process_ends_without_visits(ready: ReadyWorker, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends after the time since the last visit, not since the first."""
    monkeypatch.setattr("scraper.runs.ready_worker.IDLE", 2)
    ready.prepare("anna")
    process = started[0][1]
    for _ in range(4):
        assert process.poll() is None
        ready.prepare("anna")
    assert eventually(lambda: process.poll() is not None)
    assert ready.take("anna") is None


def test_closed_worker_starts_no_process(ready: ReadyWorker, started: Started) -> None:
    """Its process and its threads have ended."""
    before = active_count()
    ready.prepare("anna")
    ready.close()
    assert started[0][1].poll() is not None
    ready.prepare("anna")
    assert len(started) == 1
    assert eventually(lambda: active_count() <= before)


def test_failed_start_of_the_process_is_ignored(ready: ReadyWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The click then starts a process itself."""

    def refuse(*_: object) -> subprocess.Popen[str]:
        raise OSError

    monkeypatch.setattr(ready_worker, "start_waiting", refuse)
    ready.prepare("anna")
    assert ready.take("anna") is None


# ---- with a browser


def start(address: str, output: Path) -> subprocess.Popen[str]:
    """Start a process for the account at that portal, and wait until its browser runs."""
    change_account("anna", {"url": address, "login": LOGIN, "months": 1, "output": str(output)})
    process = start_waiting("anna", {**os.environ, "AURION_PASSPHRASE": "canary", "AURION_OUTPUT": "canary"})
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    assert "canary" not in str(psutil.Process(process.pid).environ())
    return process


def export_with(process: subprocess.Popen[str], steps: list[str]) -> WorkerResult:
    """Let the process export, and return the result."""
    environment = {**os.environ, PASSWORD_VARIABLE: PASSWORD}
    return run_worker(["anna"], environment, lambda name, _: steps.append(name), waiting=process)


@pytest.mark.usefixtures("browser_in_use")
def test_waiting_process_exports_with_its_browser(home: Path) -> None:
    """It gets the password with the click, uses its browser, and ends with it."""
    with Demo(events=lessons_ahead()) as demo:
        process = start(demo.url, home / "anna.ics")
        below = descendants(process.pid)
        assert any("chrom" in one.name().lower() or "shell" in one.name().lower() for one in below)
        steps: list[str] = []
        result = export_with(process, steps)
    assert (result.exit_code, result.message) == (0, "")
    assert steps[:3] == ["browser", "browser", "portal"]
    assert b"BEGIN:VEVENT" in (home / "anna.ics").read_bytes()
    assert process.poll() == 0
    assert not any(map(is_alive, below))


@pytest.mark.usefixtures("browser_in_use")
def test_changed_settings_apply_to_a_waiting_process(home: Path) -> None:
    """A browser that was started for another portal is not used."""
    process = start("http://127.0.0.1:9", home / "old.ics")
    with Demo(events=lessons_ahead()) as demo:
        change_account("anna", {"url": demo.url, "login": LOGIN, "months": 1, "output": str(home / "new.ics")})
        result = export_with(process, [])
    assert (result.exit_code, (home / "new.ics").exists(), (home / "old.ics").exists()) == (0, True, False)
