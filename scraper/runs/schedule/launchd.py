"""A launchd agent of the user's own; launchd forgets what it missed while the machine was off, so that it only asks.

Source: launchd.plist(5), launchctl(1).
"""

import os
import plistlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from dateutil.tz import tzlocal

from scraper.errors import ScheduleError
from scraper.runs.schedule.cron import cron_environment, last_of
from scraper.runs.schedule.job import TICK, ScheduledCommand
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.ticking import MINUTES, CatchUpState
from scraper.runs.schedule.timer import Proof, Run, run, run_alone, run_checked, write_file

LABEL = "aurion-planning"
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


class Launchd:
    """An agent in the user's graphical session."""

    kind = "launchd"

    def __init__(self, state: Path) -> None:
        self.table = CatchUpState(path=state / "schedule-launchd.json")
        self.plist = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def is_here(self) -> bool:
        """Whether there is a launchd, and a session of this user's."""
        try:
            return run("launchctl", "print", _domain()).returncode == 0
        except ScheduleError:
            return False

    def is_on(self) -> bool:
        """Whether the agent is loaded."""
        return self.is_here() and run("launchctl", "print", f"{_domain()}/{LABEL}").returncode == 0

    def files(self) -> tuple[Path, ...]:
        """The agent, the table that the runs are decided by, and what was run last."""
        return (self.plist, self.table.path, self.table.past)

    def drawn(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """The agent and the table."""
        return {str(self.plist): self._agent(job), str(self.table.path): self.table.text(plan, job)}

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Writes both; nothing was run by them yet."""
        for path, text in self.drawn(plan, job).items():
            write_file(Path(path), text.encode())
        self.table.past.unlink(missing_ok=True)

    def prove(self, plan: Plan, job: ScheduledCommand) -> Proof:
        """The very command, with the few variables that launchd gives."""
        del plan
        agent = plistlib.loads(self.plist.read_bytes())
        variables = {**cron_environment(), "PATH": PATH, **agent.get("EnvironmentVariables", {})}
        return run_alone(agent["ProgramArguments"], variables, job.home)

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """Loads the agent, instead of the one that was there."""
        del plan, job
        run("launchctl", "bootout", f"{_domain()}/{LABEL}")
        run_checked("launchctl", "enable", f"{_domain()}/{LABEL}")
        run_checked("launchctl", "bootstrap", _domain(), str(self.plist))

    def reread(self) -> None:
        """Loads the agent that is there, if it is not."""
        if self.plist.exists() and not self.is_on():
            run_checked("launchctl", "bootstrap", _domain(), str(self.plist))

    def off(self) -> None:
        """Unloads the agent and takes out its files."""
        if self.is_on():
            run_checked("launchctl", "bootout", f"{_domain()}/{LABEL}")
        for path in self.files():
            path.unlink(missing_ok=True)

    def next(self, now: datetime) -> datetime | None:
        """By the table."""
        return self.table.plan().following(now, tzlocal())

    def last(self) -> Run | None:
        """By the table."""
        return last_of(self.table)

    def _agent(self, job: ScheduledCommand) -> str:
        told = {
            "Label": LABEL,
            "ProgramArguments": [job.python, *TICK, str(self.table.path)],
            "StartInterval": MINUTES * 60,
            "RunAtLoad": True,
            "ProcessType": "Background",
            "LowPriorityIO": True,
            "Nice": 10,
            "WorkingDirectory": str(job.home),
        }
        if way := job.environment.get("PYTHONPATH"):
            told["EnvironmentVariables"] = {"PYTHONPATH": way}
        return plistlib.dumps(told, sort_keys=False).decode()


def _domain() -> str:
    return f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
