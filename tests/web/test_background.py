"""Work beside the answers of the server: exports and the record of visits."""

import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from scraper.errors import StateError
from scraper.publishing.feeds.subscribers import Subscribers, Visit
from scraper.runs.schedule.plan import parse_plan
from scraper.runs.schedule.scheduled_command import ScheduledCommand
from scraper.system.paths import bug_file, state_folder
from scraper.system.run_history import Run, Runs, last_attempt
from scraper.web import in_process_schedule, visits
from scraper.web.feed.feed_app import Feed
from tests.waiting import wait_until
from tests.web.conftest import Served, calendar

EVERY_HOUR = parse_plan("1h", None, "0")


def clock() -> datetime:
    """Half past twelve, always."""
    return datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


@pytest.fixture
def job(tmp_path: Path) -> ScheduledCommand:
    """A program in place of the export: it writes its arguments down and runs for a minute."""
    program = tmp_path / "export"
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/called\nsleep 60 & echo $! > {tmp_path}/pid\nwait\n')
    program.chmod(0o700)
    return ScheduledCommand(python=str(program), state=tmp_path, environment={"HOME": str(tmp_path)})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a script of sh replaces the export")
def test_export_runs_while_the_feed_answers(
    served: Served, job: ScheduledCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run is due at once; the server ends it when it ends."""
    monkeypatch.setattr(in_process_schedule, "LOOK", 0.05)
    Runs(tmp_path, "anna").mark_attempt(clock() - timedelta(days=1))
    over = threading.Event()
    thread = threading.Thread(
        target=in_process_schedule.export_by_plan,
        args=(lambda: EVERY_HOUR, job, {"PATH": "/usr/bin:/bin"}, clock, over),
    )
    thread.start()
    wait_until((tmp_path / "pid").exists)
    assert (tmp_path / "called").read_text() == " ".join(job.command[1:]) + "\n"
    assert served.ask(served.path).status == 200
    assert last_attempt(tmp_path) == clock(), "a restart makes no second run"
    over.set()
    thread.join(20)
    pid = (tmp_path / "pid").read_text().strip()
    wait_until(lambda: not psutil.pid_exists(int(pid)))
    assert (tmp_path / "called").read_text().count("export") == 1


def test_schedule_continues_after_a_failure(job: ScheduledCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that cannot be read for a moment, and a bug: neither is the last export of a server that runs on."""
    monkeypatch.setattr(in_process_schedule, "LOOK", 0.01)
    over, looks = threading.Event(), iter([StateError("full"), ValueError("canary")])

    def plan() -> None:
        if failure := next(looks, None):
            raise failure
        over.set()

    in_process_schedule.export_by_plan(plan, job, {}, clock, over)
    saved = bug_file(state_folder()).read_text(encoding="utf-8")
    assert saved.endswith("ValueError\n")
    assert "canary" not in saved


def test_visits_are_stored_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug must not end the thread; the last visits are stored when the server ends."""
    monkeypatch.setattr(visits, "INTERVAL", 0.01)
    over, failures, stored = threading.Event(), [ValueError("canary"), None], list[object]()

    def note(_: Subscribers, now: object) -> None:
        if failures and (failure := failures.pop(0)):
            raise failure
        stored.append(now)
        over.set()

    monkeypatch.setattr(Subscribers, "note", note)
    feed = Feed(tmp_path, clock)
    feed.visits["digest"] = Visit(at=clock(), agent="", version="")
    visits.store_visits(feed, tmp_path, over)
    assert stored == [feed.visits]


@pytest.mark.slow
def test_restarted_server_waits_for_the_next_time(job: ScheduledCommand, tmp_path: Path) -> None:
    """A run since the last planned time counts."""
    Runs(tmp_path, "anna").add(Run(at=clock() - timedelta(minutes=20), exit_code=5))
    over = threading.Event()
    thread = threading.Thread(
        target=in_process_schedule.export_by_plan, args=(lambda: EVERY_HOUR, job, {}, clock, over)
    )
    thread.start()
    assert not over.wait(0.5)
    over.set()
    thread.join(5)
    assert not (tmp_path / "called").exists()


def test_visits_are_written_soon_and_at_the_end(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The feed answers even if they cannot be written."""
    monkeypatch.setattr(visits, "INTERVAL", 0.05)
    over = threading.Event()
    blocked = served.subscribers.path.with_name("visits.json")
    blocked.mkdir()
    thread = threading.Thread(target=visits.store_visits, args=(served.feed, served.state, over))
    thread.start()
    assert served.ask(served.path, user_agent="one").status == 200
    assert not over.wait(0.2)
    assert served.ask(served.path, user_agent="two").body == calendar("first")
    blocked.rmdir()
    wait_until(lambda: [visit.agent for visit in served.subscribers.visits().values()] == ["two"])
    over.set()
    thread.join(20)
