"""What goes on beside the answers: visits are written down, and exports run in processes of their own."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

from scraper.errors import AurionError
from scraper.processes import ALONE, end
from scraper.runs import Runs, known_accounts
from scraper.schedule.job import BOUND, Job
from scraper.schedule.plan import Plan
from scraper.web.feed import Feed
from scraper.web.subscribers import Subscribers, Visit

BETWEEN = 0.1
"""Seconds between two looks at who fetched: `aurion feed list`, in another process, reads only what is written."""
LOOK = 20.0
"""Seconds between two looks at the clock, which may have stood still with the machine."""
POLL = 0.2


def note_visits(feed: Feed, state: Path, over: Event) -> None:
    """Writes down who fetched, until `over`; where it cannot, the feed answers on."""
    written: dict[str, Visit] = {}
    ended = False
    while not ended:
        ended = over.wait(BETWEEN)
        if (now := dict(feed.visits)) != written:
            with suppress(AurionError, OSError):
                Subscribers(state).note(now)
                written = now


def export_by_plan(
    plan: Plan, job: Job, environment: Mapping[str, str], clock: Callable[[], datetime], over: Event
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


def _run(job: Job, environment: Mapping[str, str], over: Event) -> None:
    process = subprocess.Popen(  # noqa: S603 - this program
        job.command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, text=True, start_new_session=True, creationflags=ALONE, cwd=job.home,
    )  # fmt: skip
    until = monotonic() + BOUND.total_seconds()
    while process.poll() is None:
        if over.wait(POLL) or monotonic() > until:
            end(process)
            return
