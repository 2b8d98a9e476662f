"""The list of subscribers, with the status of each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from scraper.publishing.feeds.feed_files import Version, build_version, calendar_file
from scraper.publishing.feeds.last_good import LastGood
from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit

SubscriptionStatus = Literal["never", "none", "behind", "has_it"]
"""A subscriber's status: never fetched; calendar is gone; fetched before the last change; up to date."""


def subscription_status(visit: Visit | None, version: Version | None) -> SubscriptionStatus:
    """Return whether a subscriber is up to date, by its last visit and the current calendar."""
    if visit is None:
        return "never"
    if version is None:
        return "none"
    return "has_it" if visit.version == version.digest else "behind"


def list_subscriptions(state: Path) -> Iterator[tuple[Subscriber, Visit | None, Version | None]]:
    """Yield each subscriber in the order of labels, with its last visit and its current calendar."""
    known = Subscribers(state)
    visits = known.visits()
    for one in sorted(known.all(), key=lambda one: (one.label.casefold(), one.label)):
        path = calendar_file(state, one.key, one.calendar)
        yield one, visits.get(one.digest), LastGood(path, build_version).get()
