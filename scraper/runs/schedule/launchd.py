"""A timer by launchd: a user agent.

launchd skips the runs missed while the machine was off, so it only starts a check whether a run is due.
Source: launchd.plist(5), launchctl(1).
"""

import os
import plistlib
from collections.abc import Mapping
from pathlib import Path

from scraper.runs.schedule.cron import cron_environment
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.planned import MINUTES, PlannedTimer, plan_file_text
from scraper.runs.schedule.scheduled_command import ScheduledCommand
from scraper.runs.schedule.timer import TrialRun, run_checked, run_detached, run_system_command

LABEL = "aurion-planning"
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"


class Launchd(PlannedTimer):
    """A user agent in the user's graphical session."""

    kind = "launchd"

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.plist = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self.domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
        agent = f"{self.domain}/{LABEL}"
        self.present, self.loaded = ("launchctl", "print", self.domain), ("launchctl", "print", agent)
        self.removal = ("launchctl", "bootout", agent)

    def files(self) -> tuple[Path, ...]:
        """Return the paths of the agent's and the plan's file."""
        return (self.plist, *super().files())

    def preview(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """Return the agent's file and the plan's file."""
        return {str(self.plist): self._agent(job), str(self.plan_file): plan_file_text(plan, job)}

    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the agent's command with the few variables that launchd sets."""
        del plan
        agent = plistlib.loads(self.plist.read_bytes())
        variables = {**cron_environment(), "PATH": PATH, **agent.get("EnvironmentVariables", {})}
        return run_detached(agent["ProgramArguments"], variables, job.home)

    def start(self, job: ScheduledCommand) -> None:
        """Load the agent; replace an earlier one."""
        del job
        run_system_command(*self.removal)
        run_checked("launchctl", "enable", f"{self.domain}/{LABEL}")
        run_checked("launchctl", "bootstrap", self.domain, str(self.plist))

    def reload(self) -> None:
        """Load the agent if its file exists and it is not loaded."""
        if self.plist.exists() and not self.is_on():
            run_checked("launchctl", "bootstrap", self.domain, str(self.plist))

    def _agent(self, job: ScheduledCommand) -> str:
        agent = {
            "Label": LABEL,
            "ProgramArguments": list(self.check_command(job)),
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
