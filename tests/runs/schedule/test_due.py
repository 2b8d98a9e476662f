"""Due runs, by the file of the plan and the history."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.config.configuration import Config
from scraper.errors import ScheduleError
from scraper.runs.schedule.plan import parse_plan
from scraper.runs.schedule.planned import read_plan_file, run_if_due
from scraper.runs.scheduling import default_plan_file
from scraper.schedule.__main__ import main
from scraper.system.paths import state_folder
from scraper.system.run_history import Run, Runs, last_attempt
from tests.commands import run_here


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """Write a plan of an older version, whose interpreter records its arguments and exits with code 5."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$@" "$AURION_MENU" >> {tmp_path}/ran\necho line >&2\nexit 5\n')
    python.chmod(0o700)
    state = tmp_path / "state"
    state.mkdir()
    file = state / "schedule-cron.json"
    plan = {"python": str(python), "times": ["00:00"], "jitter": 0, "seed": "", "environment": {"AURION_MENU": "é"}}
    file.write_text(json.dumps(plan))
    return file


def ran(plan_file: Path) -> list[str]:
    """Return the recorded calls of the interpreter."""
    file = plan_file.parent.parent / "ran"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@pytest.mark.skipif(sys.platform == "win32", reason="a script of sh replaces the interpreter")
def test_due_run_is_started_once_and_recorded(plan_file: Path) -> None:
    """The export gets the variables of the file; its exit code and messages are returned, even if it fails."""
    runs, lines = Runs(plan_file.parent, "anna"), list[str]()
    runs.add(Run(at=datetime.now(UTC) - timedelta(days=3), exit_code=5))
    assert run_if_due(plan_file, os.environ, lines.append) == 5
    assert (ran(plan_file), lines) == (["-P -m scraper export --all --unattended é"], ["line\n"])
    assert run_if_due(plan_file, os.environ, lines.append) == 0
    assert len(ran(plan_file)) == 1
    assert len(runs.all()) == 1
    assert runs.attempted_at() == last_attempt(plan_file.parent)
    assert run_if_due(plan_file, os.environ, lines.append, always=True) == 5
    (plan_file.parent.parent / "python").unlink()
    with pytest.raises(ScheduleError):
        run_if_due(plan_file, os.environ, lines.append, always=True)


@pytest.mark.skipif(sys.platform == "win32", reason="a script of sh replaces the interpreter")
def test_timers_of_an_older_version_still_run(plan_file: Path) -> None:
    """`python -m scraper.schedule FILE` runs what is due, with `--now` always; without a plan: exit code 2."""
    Runs(plan_file.parent, "anna").mark_attempt(datetime.now(UTC))
    assert main([str(plan_file)]) == 0
    assert ran(plan_file) == []
    assert main([str(plan_file), "--now"]) == 5
    assert ran(plan_file) == ["-P -m scraper export --all --unattended é"]
    assert main([str(plan_file.with_name("none.json"))]) == 2


def test_new_plan_is_due_at_once(plan_file: Path) -> None:
    """The first run proves the timer; after it the times of the plan apply."""
    data = json.loads(plan_file.read_text(encoding="utf-8"))
    plan_file.write_text(json.dumps({**data, "times": ["07:00"], "since": "2026-11-24T12:00:00+00:00"}))
    plan, job = read_plan_file(plan_file)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert plan.due(noon - timedelta(minutes=1), noon, UTC)
    assert not plan.due(noon, noon + timedelta(hours=1), UTC)
    assert plan.due(noon, noon + timedelta(days=1), UTC)
    assert (job.state, job.environment) == (plan_file.parent, {"AURION_MENU": "é"})
    assert parse_plan(None, None, None).since is None


def test_attempt_of_a_timer_has_precedence_over_other_runs(tmp_path: Path) -> None:
    """A manual run does not replace one of the timer; before the first attempt the last run applies."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert last_attempt(tmp_path) is None
    Runs(tmp_path, "anna").add(Run(at=at, exit_code=0))
    assert last_attempt(tmp_path) == at
    Runs(tmp_path, "anna").mark_attempt(at - timedelta(hours=1))
    assert last_attempt(tmp_path) == at - timedelta(hours=1)


def test_if_due_requires_all_and_unattended(home: Path, tmp_path: Path) -> None:
    """Without them, or with a missing plan, it is a usage error."""
    for options in (["--all", "--if-due"], ["--unattended", "--if-due"], ["--all", "--unattended", "--plan", "x"]):
        done = run_here("export", *options, "--json", cwd=home)
        assert (done.returncode, json.loads(done.stdout)["reason"]) == (2, "if-due"), options
    missing = str(tmp_path / "schedule-cron.json")
    done = run_here("export", "--all", "--unattended", "--if-due", "--plan", missing, cwd=home)
    assert (done.returncode, missing in done.stderr) == (2, True)


@pytest.mark.browser
def test_default_plan_is_every_six_hours(home: Path) -> None:
    """The plan is written at the first use; the plan of an installed timer has precedence."""
    first = default_plan_file(Config.from_environment())
    text = first.read_bytes()
    assert default_plan_file(Config.from_environment()) == first
    plan, job = read_plan_file(first)
    assert [at.hour for at in plan.times] == [0, 6, 12, 18]
    assert (job.python, first.read_bytes(), first.parent) == (sys.executable, text, state_folder())
    first.with_name("schedule-cron.json").write_bytes(text)
    assert default_plan_file(Config.from_environment()).name == "schedule-cron.json"
    done = run_here("export", "--all", "--unattended", "--if-due", cwd=home)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    at = last_attempt(state_folder())
    assert at is None or run_here("export", "--all", "--unattended", "--if-due", cwd=home).returncode == 0
