"""Store who fetched which calendar, while the server runs."""

from contextlib import suppress
from pathlib import Path
from threading import Event

from scraper.errors import AurionError
from scraper.publishing.feeds.subscribers import Subscribers, Visit
from scraper.web.feed.app import Feed

BETWEEN = 0.1
"""Seconds between two looks at who fetched: `aurion feed list`, in another process, reads only what is written."""


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
