"""The command `aurion schedule`."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.cli.commands.schedule_on import on
from scraper.errors import ScheduleError
from scraper.system.run_history import Run, Runs
from tests.cases import for_each
from tests.commands import run_here
from tests.runs.schedule.conftest import Answer
from tests.runs.schedule.test_switch import CRONTAB, SYSTEMCTL

Schedule = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def schedule(home: Path, answer: Answer) -> Schedule:
    """Return a function that runs the command on a machine without timers."""
    del answer

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return run_here("schedule", *arguments, cwd=home, **variables)

    return run


@for_each("kind", ["systemd", "cron", "launchd", "windows"])
def test_show_writes_nothing(kind: str, schedule: Schedule, home: Path, answer: Answer, tmp_path: Path) -> None:
    """Each kind of timer is printed on any machine, and no file is written."""
    answer("crontab", CRONTAB)
    answer("systemctl", SYSTEMCTL)
    done = schedule("on", "--show", "--kind", kind, "--at", "07:05")
    assert done.returncode == 0, done.stderr
    assert "07:05" in done.stdout
    assert sys.executable in done.stdout
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "commands" / "kept").exists()


@pytest.mark.slow
def test_timer_is_not_installed_if_its_first_run_fails(
    schedule: Schedule, home: Path, answer: Answer, tmp_path: Path
) -> None:
    """Without an account: exit code 2, and the timer is off without a leftover."""
    answer("crontab", CRONTAB)
    done = schedule("on", "--kind", "cron")
    assert done.returncode == 2
    assert "code 2" in done.stderr
    assert not (tmp_path / "commands" / "kept").exists()
    assert list(home.rglob("schedule-*")) == []
    reported = json.loads(schedule("status", "--json").stdout)
    assert reported == {"on": False, "kind": None, "next": None, "last": None}


@pytest.mark.slow
def test_status_shows_the_next_and_the_last_run(schedule: Schedule, home: Path, answer: Answer, tmp_path: Path) -> None:
    """It shows the kind, and both times with their zone."""
    answer("crontab", CRONTAB)
    state = home / ".local" / "state" / "aurion-planning"
    state.mkdir(parents=True)
    table = {"python": "x", "times": ["07:00"], "jitter": 0, "seed": "", "environment": {}}
    (state / "schedule-cron.json").write_text(json.dumps(table))
    began = datetime(2026, 11, 24, 6, tzinfo=UTC)
    for name, code, seconds in (("a", 5, 60.4), ("b", 0, 20)):
        Runs(state, name).add(Run(at=began, exit_code=code, seconds=seconds, unattended=True))
        Runs(state, name).add(Run(at=began + timedelta(hours=1), exit_code=3))
    (tmp_path / "commands" / "kept").write_text("# aurion schedule on {\nx\n# } aurion schedule off\n")
    reported = json.loads(schedule("status", "--json", TZ="Europe/Paris").stdout)
    assert (reported["on"], reported["kind"]) == (True, "cron")
    assert reported["next"][10:19] == "T07:00:00"
    assert reported["last"] == {"at": "2026-11-24T07:01:00+01:00", "exit_code": 5}
    assert "code 5" in schedule("status").stdout
    assert schedule("off").returncode == schedule("off").returncode == 0
    assert json.loads(schedule("status", "--json").stdout)["on"] is False


def test_secret_in_the_environment_is_refused(schedule: Schedule) -> None:
    """AURION_PASSWORD is refused by its name before any output."""
    done = schedule("on", "--show", AURION_PASSWORD="geheim")
    assert done.returncode == 2
    assert "AURION_PASSWORD" in done.stderr
    assert "geheim" not in done.stdout + done.stderr


def test_unit_may_write_to_the_folders_of_all_accounts(schedule: Schedule, home: Path, answer: Answer) -> None:
    """It may write to no other folder in the home."""
    answer("systemctl", SYSTEMCTL)
    settings = home / ".config" / "aurion-planning" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '[accounts.a]\nschool = "junia"\nlogin = "a"\noutput = "~/un/a.ics"\n'
        '[accounts.b]\nschool = "junia"\nlogin = "b"\noutputs = [{ path = "~/deux/b.ics" }, { path = "-" }]\n'
    )
    done = schedule("on", "--show", "--kind", "systemd")
    assert done.returncode == 0, done.stderr
    folders = [
        str(home / inside) for inside in (".local/state/aurion-planning", ".config/aurion-planning", "un", "deux")
    ]
    assert "ReadWritePaths=" + " ".join(f'"-{folder}"' for folder in folders) + "\n" in done.stdout


def test_first_run_of_a_timer_does_not_wait(home: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs at once after failures, and without the saved session."""
    answer("crontab", CRONTAB)
    settings = home / ".config" / "aurion-planning" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[accounts.a]\nschool = "junia"\nlogin = "a"\n')
    state, sessions = home / ".local" / "state" / "aurion-planning", []

    def prove(*_: object, aside: tuple[Path, ...]) -> None:
        assert Runs(state, "a").is_fresh()
        sessions.extend(aside)
        raise ScheduleError("proof", code=2, detail="")

    monkeypatch.setattr("scraper.runs.scheduling.install", prove)
    with pytest.raises(ScheduleError):
        on(kind="cron", yes=True)
    assert [path.parent for path in sessions] == [state / "sessions"]
