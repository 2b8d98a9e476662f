"""How long a run with nobody there leaves the portal alone after others that failed. Pure: the clock is an argument."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from scraper.errors import Interrupted
from scraper.runs import Run

INTERRUPTED = Interrupted.exit_code
LATER = frozenset({5, 8})
"""Exit codes of what may be over by itself: the portal or a place for calendars is not available."""
PERSON = frozenset({4, 6, 7, 9, 70})
"""Exit codes of what somebody has to see to: asked again, but seldom."""
WAITS: Mapping[frozenset[int], tuple[int, ...]] = {LATER: (1, 2, 4, 8, 12), PERSON: (6, 12, 24)}
"""Hours to wait after the first, second, … failure of one kind in a row; the last goes on for ever."""
SLACK = timedelta(minutes=20)
"""A timer that fires so much earlier than the wait is over is not sent away for a whole turn."""


def not_before(runs: Sequence[Run], now: datetime) -> datetime | None:
    """Until when the portal is left alone; None where the next run may ask it now.

    A run that lies in the future shows that the clock was set back: its time says nothing, nobody waits for it.
    """
    failed = since_good(runs)
    kind = next((codes for codes in WAITS if failed and failed[-1].exit_code in codes), None)
    if kind is None or failed[-1].at > now:
        return None
    times = len(list(takewhile(lambda run: run.exit_code in kind, reversed(failed))))
    hours = WAITS[kind]
    until = failed[-1].at + timedelta(hours=hours[min(times, len(hours)) - 1])
    return until if now < until - SLACK else None


def since_good(runs: Sequence[Run]) -> list[Run]:
    """The runs by themselves that failed since the last good one of any kind; those cut off tell nothing."""
    failed = list(takewhile(lambda run: run.exit_code != 0, reversed(runs)))
    return [run for run in reversed(failed) if run.unattended and run.exit_code != INTERRUPTED]
