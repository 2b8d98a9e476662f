"""The exports of `aurion serve` at intervals, each in a process of its own."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event

from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.planned import run_export
from scraper.runs.schedule.scheduled_command import ScheduledCommand
from scraper.system.crash_report import save_bug
from scraper.system.repeat import repeat
from scraper.system.run_history import last_attempt

LOOK = 20.0
"""Seconds between two looks at the clock, which may stop while the machine sleeps."""


def export_by_plan(
    plan: Callable[[], Plan | None],
    job: ScheduledCommand,
    environment: Mapping[str, str],
    clock: Callable[[], datetime],
    over: Event,
) -> None:
    """Run the timer's command at the times of the current plan, in UTC, until `over`; the log has the results."""
    last: datetime | None = None

    def export_if_due() -> None:
        nonlocal last
        now, current = clock(), plan()
        started = max(filter(None, (last, last_attempt(job.state))), default=None)
        if current and current.due(started, now, UTC):
            last = now
            run_export(job, environment, now, stop=over)

    repeat(export_if_due, LOOK, over, save_bug)
