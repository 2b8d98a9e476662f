"""A timer by the Windows Task Scheduler, which catches up missed runs and runs while the user is logged in.

Source: [MS-TSCH] 2.5, the schema of a task: the elements of a trigger have a fixed order.
"""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from dateutil.tz import tzlocal

from scraper.errors import ScheduleError
from scraper.runs.schedule.cron import last_run_of
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import BOUND, TICK, ScheduledCommand
from scraper.runs.schedule.template import fill_template
from scraper.runs.schedule.ticking import CatchUpState
from scraper.runs.schedule.timer import TimerRun, TrialRun, run_checked, run_detached, run_system_command, write_file
from scraper.system.processes import clean_environment

NAME = "aurion-planning"
FIRST_DAY = "2026-01-01"
"""The start date that triggers need: any date in the past."""


class Windows:
    """A task of the user."""

    kind = "windows"

    def __init__(self, state: Path) -> None:
        self.catch_up = CatchUpState(path=state / "schedule-windows.json")
        self.task = state / "schedule-windows.xml"

    def is_available(self) -> bool:
        """Return whether there is a Task Scheduler."""
        try:
            return run_system_command("schtasks", "/Query").returncode == 0
        except ScheduleError:
            return False

    def is_on(self) -> bool:
        """Return whether the task is registered."""
        return self.is_available() and run_system_command("schtasks", "/Query", "/TN", NAME).returncode == 0

    def files(self) -> tuple[Path, ...]:
        """Return the paths of the task's, the plan's and the last run's file."""
        return (self.task, self.catch_up.path, self.catch_up.past)

    def preview(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """Return the task's file and the plan's file."""
        return {str(self.task): self._xml(plan, job), str(self.catch_up.path): self.catch_up.text(plan, job)}

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Write both files and delete the last run's file."""
        write_file(self.catch_up.path, self.catch_up.text(plan, job).encode())
        self.catch_up.past.unlink(missing_ok=True)
        write_file(self.task, self._xml(plan, job).encode("utf-16"))

    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the task's command with the user's variables, without those of this program."""
        del plan
        return run_detached((job.python, *self._arguments()), clean_environment(os.environ), job.home)

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """Register the task; replace an earlier one."""
        del plan, job
        run_checked("schtasks", "/Create", "/TN", NAME, "/XML", str(self.task), "/F")

    def reload(self) -> None:
        """Do nothing: a failed installation does not change the registered task."""

    def off(self) -> None:
        """Delete the task and its files."""
        if self.is_on():
            run_checked("schtasks", "/Delete", "/TN", NAME, "/F")
        for path in self.files():
            path.unlink(missing_ok=True)

    def next(self, now: datetime) -> datetime | None:
        """Return the next run by the plan's file, without the delay that the Task Scheduler adds."""
        return Plan(times=self.catch_up.plan().times).following(now.astimezone(UTC), tzlocal())

    def last(self) -> TimerRun | None:
        """Return the last run by its file."""
        return last_run_of(self.catch_up)

    def _arguments(self) -> tuple[str, ...]:
        return (*TICK, str(self.catch_up.path), "--now")

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
            command=escape(_without_window(job.python)),
            arguments=escape(subprocess.list2cmdline(self._arguments())),
            home=escape(str(job.home)),
        ) + "\n"  # fmt: skip


def _without_window(python: str) -> str:
    """Return the interpreter without a console window if the same folder has one, otherwise the given one."""
    windowless = Path(python).with_name("pythonw.exe")
    return str(windowless) if windowless.exists() else python
