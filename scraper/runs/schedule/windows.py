"""A task of Windows' Task Scheduler, which catches up what it missed and runs while the user is logged in.

Source: [MS-TSCH] 2.5, the schema of a task: a trigger's elements stand in its order.
"""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from dateutil.tz import tzlocal

from scraper.errors import ScheduleError
from scraper.runs.schedule.cron import last_of
from scraper.runs.schedule.job import BOUND, TICK, ScheduledCommand
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.template import filled
from scraper.runs.schedule.ticking import CatchUpState
from scraper.runs.schedule.timer import Proof, Run, run, run_alone, run_checked, write_file
from scraper.system.processes import clean_environment

NAME = "aurion-planning"
FIRST_DAY = "2026-01-01"
"""Triggers need a day to start at: one that is over."""


class Windows:
    """The user's task."""

    kind = "windows"

    def __init__(self, state: Path) -> None:
        self.table = CatchUpState(path=state / "schedule-windows.json")
        self.task = state / "schedule-windows.xml"

    def is_here(self) -> bool:
        """Whether there is a Task Scheduler."""
        try:
            return run("schtasks", "/Query").returncode == 0
        except ScheduleError:
            return False

    def is_on(self) -> bool:
        """Whether the task is registered."""
        return self.is_here() and run("schtasks", "/Query", "/TN", NAME).returncode == 0

    def files(self) -> tuple[Path, ...]:
        """The task, the table of its variables, and what was run last."""
        return (self.task, self.table.path, self.table.past)

    def drawn(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """The task and the table."""
        return {str(self.task): self._xml(plan, job), str(self.table.path): self.table.text(plan, job)}

    def write(self, plan: Plan, job: ScheduledCommand) -> None:
        """Writes both; nothing was run by them yet."""
        write_file(self.table.path, self.table.text(plan, job).encode())
        self.table.past.unlink(missing_ok=True)
        write_file(self.task, self._xml(plan, job).encode("utf-16"))

    def prove(self, plan: Plan, job: ScheduledCommand) -> Proof:
        """The very command, with the user's variables less those of this command."""
        del plan
        return run_alone((job.python, *self._arguments()), clean_environment(os.environ), job.home)

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """Registers the task, instead of the one that was there."""
        del plan, job
        run_checked("schtasks", "/Create", "/TN", NAME, "/XML", str(self.task), "/F")

    def reread(self) -> None:
        """Nothing: the task is as it was."""

    def off(self) -> None:
        """Takes out the task and its files."""
        if self.is_on():
            run_checked("schtasks", "/Delete", "/TN", NAME, "/F")
        for path in self.files():
            path.unlink(missing_ok=True)

    def next(self, now: datetime) -> datetime | None:
        """By the table; the Task Scheduler puts it off by a delay of its own."""
        return Plan(times=self.table.plan().times).following(now.astimezone(UTC), tzlocal())

    def last(self) -> Run | None:
        """By the table."""
        return last_of(self.table)

    def _arguments(self) -> tuple[str, ...]:
        return (*TICK, str(self.table.path), "--now")

    def _xml(self, plan: Plan, job: ScheduledCommand) -> str:
        jitter = int(plan.jitter.total_seconds())
        triggers = [
            filled("windows.trigger.xml", start=f"{FIRST_DAY}T{at:%H:%M}:00", jitter=jitter) for at in plan.times
        ]
        user = "\\".join(filter(None, (os.environ.get("USERDOMAIN"), os.environ.get("USERNAME"))))
        return filled(
            "windows.xml",
            triggers="\n".join(triggers),
            user=escape(user or Path.home().name),
            bound=int(BOUND.total_seconds()) // 60,
            command=escape(_without_window(job.python)),
            arguments=escape(subprocess.list2cmdline(self._arguments())),
            home=escape(str(job.home)),
        ) + "\n"  # fmt: skip


def _without_window(python: str) -> str:
    """The interpreter that opens no window, where it is beside the other."""
    quiet = Path(python).with_name("pythonw.exe")
    return str(quiet) if quiet.exists() else python
