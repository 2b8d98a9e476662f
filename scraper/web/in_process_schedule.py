"""What goes on beside the answers: visits are written down, and exports run in processes of their own."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

from scraper.runs.schedule.job import BOUND, ScheduledCommand
from scraper.runs.schedule.plan import Plan
from scraper.system.processes import DETACHED, terminate
from scraper.system.run_history import Runs, known_accounts

LOOK = 20.0
"""Seconds between two looks at the clock, which may have stood still with the machine."""
POLL = 0.2


def export_by_plan(
    plan: Plan, job: ScheduledCommand, environment: Mapping[str, str], clock: Callable[[], datetime], over: Event
) -> None:
    """Runs the timer's own job when the plan says, its times in UTC, until `over`; the log tells what came of it."""
    last = last_begun(job.state)
    while not over.is_set():
        now = clock()
        if plan.due(last, now, UTC):
            last = now
            with suppress(OSError):
                _run(job, environment, over)
        over.wait(LOOK)


def last_begun(state: Path) -> datetime | None:
    """When any account's last run began; None where none ever did."""
    found = [run.at for name in known_accounts(state) if (run := Runs(state, name).last())]
    return max(found, default=None)


def _run(job: ScheduledCommand, environment: Mapping[str, str], over: Event) -> None:
    process = subprocess.Popen(  # noqa: S603 - this program
        job.command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True, creationflags=DETACHED, cwd=job.home,
    )  # fmt: skip
    until = monotonic() + BOUND.total_seconds()
    while process.poll() is None:
        if over.wait(POLL) or monotonic() > until:
            terminate(process)
            return
