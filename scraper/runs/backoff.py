"""Back-off of unattended runs after failures. Pure: the clock is an argument."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from scraper.errors import ExitCode
from scraper.system.run_history import Run, Runs

WAITS: Mapping[bool, tuple[int, ...]] = {True: (1, 2, 4, 8, 12), False: (6, 12, 24)}
"""Hours to wait after the first, second, … failure in a row: for temporary failures, and for those that need a user."""
SLACK = timedelta(minutes=20)
"""Runs up to this long before the end of the wait are allowed: the timer's next run may be hours away."""


def next_attempt(runs: Runs, now: datetime) -> datetime | None:
    """Return the time before which the portal is not asked; None if the next run may ask it now, or is blocked.

    A run in the future shows that the clock was set back; it causes no wait.
    """
    failed = failures_in_a_row(runs.all())
    if not failed or runs.is_fresh() or runs.is_blocked():
        return None
    if (may_pass := _may_pass(failed[-1])) is None or failed[-1].at > now:
        return None
    times = len(list(takewhile(lambda run: _may_pass(run) is may_pass, reversed(failed))))
    hours = WAITS[may_pass]
    until = failed[-1].at + timedelta(hours=hours[min(times, len(hours)) - 1])
    return until if now < until - SLACK else None


def _may_pass(run: Run) -> bool | None:
    """Return whether the failure is temporary; None if it causes no wait."""
    return run.may_pass if run.may_pass or ExitCode(run.exit_code).needs_person else None


def failures_in_a_row(runs: Sequence[Run]) -> list[Run]:
    """Return the unattended runs that failed since the last successful run of any kind, without interrupted ones."""
    failed = list(takewhile(lambda run: run.exit_code != ExitCode.OK, reversed(runs)))
    return [run for run in reversed(failed) if run.unattended and run.exit_code != ExitCode.INTERRUPTED]
