"""While the server runs: store who fetched which calendar, and delete calendars of subscriptions that have ended."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event

from scraper.errors import AurionError
from scraper.publishing.feeds.subscribers import Subscribers, Visit
from scraper.system.crash_report import save_bug
from scraper.system.repeat import repeat
from scraper.web.feed.feed_app import Feed

INTERVAL = 0.1
"""Seconds between two writes: `aurion feed list`, in another process, sees only what is written."""
LOOK = 60.0
"""Seconds between two looks for subscriptions that have ended."""


def store_visits(feed: Feed, state: Path, over: Event) -> None:
    """Write the feed's visits to the state folder until `over`; a failed write does not stop the feed."""
    written: dict[str, Visit] = {}

    def write() -> None:
        nonlocal written
        if (now := dict(feed.visits)) != written:
            Subscribers(state).note(now)
            written = now

    repeat(write, INTERVAL, over, save_bug)
    with suppress(AurionError, OSError):
        write()


def delete_ended_calendars(state: Path, clock: Callable[[], datetime], over: Event) -> None:
    """Delete the calendars of subscriptions that have ended, until `over`; a failed deletion is tried again."""
    repeat(lambda: Subscribers(state).delete_ended(clock()), LOOK, over, save_bug)
