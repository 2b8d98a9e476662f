"""Lessons as they are shown: as the rules leave them, with what became of them lately. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scraper.domain.changes import KINDS, Change, Moved, Restored
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event
from scraper.publishing.ledger.records import RecordedChange
from scraper.publishing.publish import CANCELLED_DAYS

RECENT = timedelta(days=30)
"""How long a change is marked; the command tells of so many days, too."""

Mark = Literal["", "added", "moved", "edited", "cancelled", "restored", "left"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson. `mark` says what became of it lately, by `change`; `seen` is when the portal had it last.

    The mark `left` is no lesson, but the place from which one was moved.
    """

    uid: str
    event: Event
    mark: Mark = ""
    change: Change | None = None
    seen: datetime

    @property
    def is_held(self) -> bool:
        """Whether it takes place, and here."""
        return self.mark not in {"cancelled", "left"}


def lessons(
    known: Iterable[TrackedEvent], told: Iterable[RecordedChange], ruled: Callable[[Event], Event | None], now: datetime
) -> tuple[Lesson, ...]:
    """All that is shown, by hour: a cancelled lesson as long as calendars show it, a moved one where it was as well.

    `told` are changes, oldest first; `ruled` is what the rules make of an event.
    """
    latest = {one.change.uid: one.change for one in told if one.at > now - RECENT}
    found = [shown for one in known for shown in _shown(one, latest.get(one.uid), ruled, now)]
    return tuple(sorted(found, key=lambda one: (one.event.start.timestamp(), one.event.end.timestamp(), one.uid)))


def _shown(
    one: TrackedEvent, change: Change | None, ruled: Callable[[Event], Event | None], now: datetime
) -> Iterator[Lesson]:
    if one.cancelled_since is not None and one.event.end < now - CANCELLED_DAYS:
        return
    event = ruled(one.event)
    if event is None:
        return
    mark: Mark = "cancelled" if one.cancelled_since is not None else KINDS[type(change)] if change else ""  # type: ignore[assignment]
    yield Lesson(uid=one.uid, event=event, mark=mark, change=change, seen=one.last_seen)
    left = _left(change) if mark in {"moved", "restored"} else None
    if left is not None and (before := ruled(left)) is not None:
        yield Lesson(uid=one.uid, event=before, mark="left", change=change, seen=one.last_seen)


def _left(change: Change | None) -> Event | None:
    """What stood at an hour where nothing of it begins any more."""
    if isinstance(change, Moved | Restored) and change.before.start.timestamp() != change.after.start.timestamp():
        return change.before
    return None
