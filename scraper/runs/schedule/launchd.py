"""A timer by launchd: a user agent.

launchd skips the runs missed while the machine was off, so it only starts a check whether a run is due.
Source: launchd.plist(5), launchctl(1).
"""

import os
import plistlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from dateutil.tz import tzlocal

from scraper.errors import ScheduleError
from scraper.runs.schedule.cron import cron_environment, last_run_of
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import TICK, ScheduledCommand
from scraper.runs.schedule.ticking import MINUTES, CatchUpState
from scraper.runs.schedule.timer import TimerRun, TrialRun, run_checked, run_detached, run_system_command, write_file

LABEL = "aurion-planning"
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


class Launchd:
    """A user agent in the user's graphical session."""

    kind = "launchd"

    def __init__(self, state: Path) -> None:
        self.catch_up = CatchUpState(path=state / "schedule-launchd.json")
        self.plist = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def is_available(self) -> bool:
        """Return whether there is a launchd with a session of this user."""
        try:
            return run_system_command("launchctl", "print", _domain()).returncode == 0
        except ScheduleError:
            return False

    def is_on(self) -> bool:
        """Return whether the agent is loaded."""
        return self.is_available() and run_system_command("launchctl", "print", f"{_domain()}/{LABEL}").returncode == 0

    def files(self) -> tuple[Path, ...]:
        """Return the paths of the agent's, the plan's and the last run's file."""
        return (self.plist, self.catch_up.path, self.catch_up.past)

    def preview(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """Return the agent's file and the plan's file."""
        return {str(self.plist): self._agent(job), str(self.catch_up.path): self.catch_up.text(plan, job)}

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Write both files and delete the last run's file."""
        for path, text in self.preview(plan, job).items():
            write_file(Path(path), text.encode())
        self.catch_up.past.unlink(missing_ok=True)

    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the agent's command with the few variables that launchd sets."""
        del plan
        agent = plistlib.loads(self.plist.read_bytes())
        variables = {**cron_environment(), "PATH": PATH, **agent.get("EnvironmentVariables", {})}
        return run_detached(agent["ProgramArguments"], variables, job.home)

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """Load the agent; replace an earlier one."""
        del plan, job
        run_system_command("launchctl", "bootout", f"{_domain()}/{LABEL}")
        run_checked("launchctl", "enable", f"{_domain()}/{LABEL}")
        run_checked("launchctl", "bootstrap", _domain(), str(self.plist))

    def reload(self) -> None:
        """Load the agent if its file exists and it is not loaded."""
        if self.plist.exists() and not self.is_on():
            run_checked("launchctl", "bootstrap", _domain(), str(self.plist))

    def off(self) -> None:
        """Unload the agent and delete its files."""
        if self.is_on():
            run_checked("launchctl", "bootout", f"{_domain()}/{LABEL}")
        for path in self.files():
            path.unlink(missing_ok=True)

    def next(self, now: datetime) -> datetime | None:
        """Return the next run by the plan's file."""
        return self.catch_up.plan().following(now, tzlocal())

    def last(self) -> TimerRun | None:
        """Return the last run by its file."""
        return last_run_of(self.catch_up)

    def _agent(self, job: ScheduledCommand) -> str:
        agent = {
            "Label": LABEL,
            "ProgramArguments": [job.python, *TICK, str(self.catch_up.path)],
            "StartInterval": MINUTES * 60,
            "RunAtLoad": True,
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "Nice": 10,
            "WorkingDirectory": str(job.home),
        }
        if search_path := job.environment.get("PYTHONPATH"):
            agent["EnvironmentVariables"] = {"PYTHONPATH": search_path}
        return plistlib.dumps(agent, sort_keys=False).decode()


def _domain() -> str:
    return f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
