"""Lessons as the page shows them: after the rules, marked with their last change. Pure functions."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from scraper.domain.changes import KINDS, Change, Moved, Restored
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event
from scraper.publishing.ledger.records import RecordedChange
from scraper.publishing.render import CANCELLED_DAYS

RECENT = timedelta(days=30)
"""How long a change stays marked; `aurion changes` covers the same period by default."""

Mark = Literal["", "added", "moved", "edited", "cancelled", "restored", "left"]
"""The kind of a lesson's last change; `left` marks the former place of a moved lesson."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson to show. `mark` and `change` are its last recent change; `last_seen` is when a run last saw it.

    A lesson with the mark `left` is not held: it marks the place from which a lesson was moved.
    """

    uid: str
    event: Event
    mark: Mark = ""
    change: Change | None = None
    last_seen: datetime

    @property
    def is_held(self) -> bool:
        """Whether the lesson takes place at this time."""
        return self.mark not in {"cancelled", "left"}


def lessons(
    known: Iterable[TrackedEvent],
    changes: Iterable[RecordedChange],
    apply_rules: Callable[[Event], Event | None],
    now: datetime,
) -> tuple[Lesson, ...]:
    """Return all lessons to show, by start: cancelled ones as long as calendars show them, moved ones at both places.

    `changes` are ordered from old to new; `apply_rules` returns an event after the rules, None where a rule hides it.
    """
    latest = {one.change.uid: one.change for one in changes if one.at > now - RECENT}
    visible = [shown for one in known for shown in _shown(one, latest.get(one.uid), apply_rules, now)]
    return tuple(sorted(visible, key=lambda one: (one.event.start.timestamp(), one.event.end.timestamp(), one.uid)))


def _shown(
    one: TrackedEvent, change: Change | None, apply_rules: Callable[[Event], Event | None], now: datetime
) -> Iterator[Lesson]:
    if one.cancelled_since is not None and one.event.end < now - CANCELLED_DAYS:
        return
    event = apply_rules(one.event)
    if event is None:
        return
    mark: Mark = "cancelled" if one.cancelled_since is not None else KINDS[type(change)] if change else ""  # type: ignore[assignment]
    yield Lesson(uid=one.uid, event=event, mark=mark, change=change, last_seen=one.last_seen)
    former = _former_event(change) if mark in {"moved", "restored"} else None
    if former is not None and (former_visible := apply_rules(former)) is not None:
        yield Lesson(uid=one.uid, event=former_visible, mark="left", change=change, last_seen=one.last_seen)


def _former_event(change: Change | None) -> Event | None:
    """Return the event at its former time, where a change moved its start."""
    if isinstance(change, Moved | Restored) and change.before.start.timestamp() != change.after.start.timestamp():
        return change.before
    return None
