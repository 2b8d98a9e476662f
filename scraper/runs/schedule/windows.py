"""A timer by the Windows Task Scheduler, which catches up missed runs and runs while the user is logged in.

Source: [MS-TSCH] 2.5, the schema of a task: the elements of a trigger have a fixed order.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.sax.saxutils import escape

from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.planned import PlannedTimer, plan_file_text
from scraper.runs.schedule.scheduled_command import BOUND, ScheduledCommand
from scraper.runs.schedule.template import fill_template
from scraper.runs.schedule.timer import TrialRun, run_checked, run_detached
from scraper.system.environment import clean_environment
from scraper.system.paths import APP
from scraper.system.processes import windowless_python

FIRST_DAY = "2026-01-01"
"""The start date that triggers need: any date in the past."""


class Windows(PlannedTimer):
    """A task of the user. The Task Scheduler itself delays each run, so the plan in the file has no jitter."""

    kind = "windows"

    present = ("schtasks", "/Query")
    loaded = ("schtasks", "/Query", "/TN", APP)
    removal = ("schtasks", "/Delete", "/TN", APP, "/F")

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.task = state / "schedule-windows.xml"

    def files(self) -> tuple[Path, ...]:
        """Return the paths of the task's and the plan's file."""
        return (self.task, *super().files())

    def preview(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """Return the task's file and the plan's file."""
        undelayed = replace(plan, jitter=timedelta())
        return {str(self.task): self._xml(plan, job), str(self.plan_file): plan_file_text(undelayed, job)}

    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the task's command with the user's variables, without those of this program."""
        del plan
        return run_detached(self.check_command(job), clean_environment(os.environ), job.home)

    def start(self, job: ScheduledCommand) -> None:
        """Register the task; replace an earlier one."""
        del job
        run_checked("schtasks", "/Create", "/TN", APP, "/XML", str(self.task), "/F")

    def _xml(self, plan: Plan, job: ScheduledCommand) -> str:
        jitter = int(plan.jitter.total_seconds())
        triggers = [
            fill_template("windows.trigger.xml", start=f"{FIRST_DAY}T{at:%H:%M}:00", jitter=jitter) for at in plan.times
        ]
        user = "\\".join(filter(None, (os.environ.get("USERDOMAIN"), os.environ.get("USERNAME"))))
        return fill_template(
            "windows.xml",
            triggers="\n".join(triggers),
            user=escape(user or Path.home().name),
            bound=int(BOUND.total_seconds()) // 60,
            command=escape(windowless_python(job.python)),
            arguments=escape(subprocess.list2cmdline(self.check_command(job)[1:])),
            home=escape(str(job.home)),
        ) + "\n"  # fmt: skip
