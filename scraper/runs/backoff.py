"""How long a run with nobody there leaves the portal alone after others that failed. Pure: the clock is an argument."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from scraper.errors import Interrupted
from scraper.system.run_history import Run

INTERRUPTED = Interrupted.exit_code
PERSON = frozenset({4, 6, 7, 8, 9, 70})
"""Exit codes of what a person has to see to, unless it may pass: tried again, but seldom."""
WAITS: Mapping[bool, tuple[int, ...]] = {True: (1, 2, 4, 8, 12), False: (6, 12, 24)}
"""Hours to wait after the first, second, … failure in a row of what may pass, and of what needs a person."""
SLACK = timedelta(minutes=20)
"""A timer that fires so much earlier than the wait is over is not sent away for a whole turn."""


def not_before(runs: Sequence[Run], now: datetime) -> datetime | None:
    """Until when the portal is left alone; None where the next run may ask it now.

    A run that lies in the future shows that the clock was set back: its time says nothing, nobody waits for it.
    """
    failed = since_good(runs)
    if not failed or _kind(failed[-1]) is None or failed[-1].at > now:
        return None
    kind = _kind(failed[-1])
    times = len(list(takewhile(lambda run: _kind(run) is kind, reversed(failed))))
    hours = WAITS[kind is True]
    until = failed[-1].at + timedelta(hours=hours[min(times, len(hours)) - 1])
    return until if now < until - SLACK else None


def _kind(run: Run) -> bool | None:
    """Whether its failure may pass; None where nothing is waited for."""
    return run.may_pass if run.may_pass or run.exit_code in PERSON else None


def since_good(runs: Sequence[Run]) -> list[Run]:
    """The runs by themselves that failed since the last good one of any kind; those cut off tell nothing."""
    failed = list(takewhile(lambda run: run.exit_code != 0, reversed(runs)))
    return [run for run in reversed(failed) if run.unattended and run.exit_code != INTERRUPTED]
