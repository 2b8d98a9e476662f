"""Lessons as the page shows them: after the rules, marked with their last change. Pure functions."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from scraper.domain.changes import KINDS, RECENT, Change, Moved, Restored
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event
from scraper.domain.rules import RuleOutcome
from scraper.publishing.ledger.records import RecordedChange
from scraper.publishing.render import CANCELLED_DAYS

Mark = Literal["", "added", "moved", "edited", "cancelled", "restored", "left", "dropped"]
"""The kind of a lesson's last change; `left` marks the former place of a moved lesson, `dropped` one
that a rule hides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson to show, in its course's `color`.

    `mark` and `change` are its last recent change; `last_seen` is when a run last saw it.

    A lesson with the mark `left` is not held: it marks the place from which a lesson was moved.
    """

    uid: str
    event: Event
    color: str = ""
    mark: Mark = ""
    change: Change | None = None
    last_seen: datetime

    @property
    def is_held(self) -> bool:
        """Whether the lesson takes place at this time, and is not hidden."""
        return self.mark not in {"cancelled", "left", "dropped"}


def lessons(
    known: Iterable[TrackedEvent],
    changes: Iterable[RecordedChange],
    apply_rules: Callable[[Event], RuleOutcome | None],
    now: datetime,
    *,
    with_hidden: bool = False,
) -> tuple[Lesson, ...]:
    """Return all lessons to show, by start: cancelled ones as long as calendars show them, moved ones at both places.

    `changes` are ordered from old to new; `apply_rules` returns an event after the rules, None where a rule hides it.
    A hidden lesson is shown as it is on the portal, `with_hidden`.
    """
    latest = {one.change.uid: one.change for one in changes if one.at > now - RECENT}
    visible = [
        shown
        for one in known
        for shown in _shown_lesson(one, latest.get(one.uid), apply_rules, now, with_hidden=with_hidden)
    ]
    return tuple(sorted(visible, key=lambda one: (one.event.start.timestamp(), one.event.end.timestamp(), one.uid)))


def _shown_lesson(
    one: TrackedEvent,
    change: Change | None,
    apply_rules: Callable[[Event], RuleOutcome | None],
    now: datetime,
    *,
    with_hidden: bool,
) -> Iterator[Lesson]:
    if one.cancelled_since is not None and one.event.end < now - CANCELLED_DAYS:
        return
    outcome = apply_rules(one.event)
    if outcome is None:
        if with_hidden:
            yield Lesson(uid=one.uid, event=one.event, mark="dropped", last_seen=one.last_seen)
        return
    mark: Mark = "cancelled" if one.cancelled_since is not None else KINDS[type(change)] if change else ""  # type: ignore[assignment]
    lesson = Lesson(
        uid=one.uid, event=outcome.event, color=outcome.color, mark=mark, change=change, last_seen=one.last_seen
    )
    yield lesson
    former = _former_event(change) if mark in {"moved", "restored"} else None
    if former is not None and (former_outcome := apply_rules(former)) is not None:
        yield replace(lesson, event=former_outcome.event, mark="left")


def _former_event(change: Change | None) -> Event | None:
    """Return the event at its former time, where a change moved its start."""
    if isinstance(change, Moved | Restored) and change.before.start.timestamp() != change.after.start.timestamp():
        return change.before
    return None
