"""The exports of `aurion serve --every`, each in a process of its own."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import BOUND, ScheduledCommand
from scraper.system.processes import DETACHED, terminate
from scraper.system.run_history import Runs, known_accounts

LOOK = 20.0
"""Seconds between two looks at the clock, which may stop while the machine sleeps."""
POLL = 0.2


def export_by_plan(
    plan: Plan, job: ScheduledCommand, environment: Mapping[str, str], clock: Callable[[], datetime], over: Event
) -> None:
    """Run the timer's command at the times of the plan, in UTC, until `over`; the log has the results."""
    last = last_start(job.state)
    while not over.is_set():
        now = clock()
        if plan.due(last, now, UTC):
            last = now
            with suppress(OSError):
                _run(job, environment, over)
        over.wait(LOOK)


def last_start(state: Path) -> datetime | None:
    """Return when the last run of any account started; None where there was none."""
    starts = [run.at for name in known_accounts(state) if (run := Runs(state, name).last())]
    return max(starts, default=None)


def _run(job: ScheduledCommand, environment: Mapping[str, str], over: Event) -> None:
    process = subprocess.Popen(  # noqa: S603 - runs this program
        job.command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True, creationflags=DETACHED, cwd=job.home,
    )  # fmt: skip
    deadline = monotonic() + BOUND.total_seconds()
    while process.poll() is None:
        if over.wait(POLL) or monotonic() > deadline:
            terminate(process)
            return
