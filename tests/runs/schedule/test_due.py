"""Whether a run is due, by the plan's file and the run history, and what is then run."""

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
    """A plan of an older version, with an interpreter that writes down its arguments and ends with code 5."""
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
    """How the interpreter was called."""
    file = plan_file.parent.parent / "ran"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@pytest.mark.skipif(sys.platform == "win32", reason="a script of sh replaces the interpreter")
def test_a_run_that_is_due_is_made_once_and_its_attempt_is_stored(plan_file: Path) -> None:
    """The export gets the file's variables; its code and messages come back; then nothing is due, though it failed."""
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
def test_timers_of_an_older_version_do_the_same(plan_file: Path) -> None:
    """`python -m scraper.schedule FILE` looks what is due, with `--now` it runs in any case; without a plan: exit 2."""
    Runs(plan_file.parent, "anna").mark_attempt(datetime.now(UTC))
    assert main([str(plan_file)]) == 0
    assert ran(plan_file) == []
    assert main([str(plan_file), "--now"]) == 5
    assert ran(plan_file) == ["-P -m scraper export --all --unattended é"]
    assert main([str(plan_file.with_name("none.json"))]) == 2


def test_a_plan_that_is_new_is_due_at_once(plan_file: Path) -> None:
    """So that the run that proves a timer is one, whatever ran before it; after it the times of the plan count."""
    data = json.loads(plan_file.read_text(encoding="utf-8"))
    plan_file.write_text(json.dumps({**data, "times": ["07:00"], "since": "2026-11-24T12:00:00+00:00"}))
    plan, job = read_plan_file(plan_file)
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert plan.due(noon - timedelta(minutes=1), noon, UTC)
    assert not plan.due(noon, noon + timedelta(hours=1), UTC)
    assert plan.due(noon, noon + timedelta(days=1), UTC)
    assert (job.state, job.environment) == (plan_file.parent, {"AURION_MENU": "é"})
    assert parse_plan(None, None, None).since is None


def test_attempts_of_a_timer_count_before_other_runs(tmp_path: Path) -> None:
    """A run by hand takes no run of the timer's away; before the first attempt the last run counts."""
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert last_attempt(tmp_path) is None
    Runs(tmp_path, "anna").add(Run(at=at, exit_code=0))
    assert last_attempt(tmp_path) == at
    Runs(tmp_path, "anna").mark_attempt(at - timedelta(hours=1))
    assert last_attempt(tmp_path) == at - timedelta(hours=1)


def test_the_option_is_for_timers(home: Path, tmp_path: Path) -> None:
    """Without `--all --unattended` it is a usage error; with them, a plan that is missing is one."""
    for options in (["--all", "--if-due"], ["--unattended", "--if-due"], ["--all", "--unattended", "--plan", "x"]):
        done = run_here("export", *options, "--json", cwd=home)
        assert (done.returncode, json.loads(done.stdout)["reason"]) == (2, "if-due"), options
    missing = str(tmp_path / "schedule-cron.json")
    done = run_here("export", "--all", "--unattended", "--if-due", "--plan", missing, cwd=home)
    assert (done.returncode, missing in done.stderr) == (2, True)


@pytest.mark.browser
def test_without_a_timer_a_run_is_due_every_six_hours(home: Path) -> None:
    """The plan is written at the first use and is the same from then on; the plan of an installed timer comes first."""
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
