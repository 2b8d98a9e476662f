"""Compare the tracked events with a new planning. Pure: the clock is an argument.

Only covered days count: an event missing on a covered day is cancelled; its absence elsewhere means nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from scraper.domain.matching import TrackedEvent, content_of, hours_of, is_unchanged, match, words_of
from scraper.domain.planning import Event, Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A new lesson on a day that was covered before."""

    uid: str
    after: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """A lesson missing from a covered day."""

    uid: str
    before: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replaced:
    uid: str
    before: Event
    after: Event


class Moved(_Replaced):
    """A lesson at another time or of another length; other fields may have changed as well."""


class Edited(_Replaced):
    """A lesson at the same time with other changed fields."""


class Restored(_Replaced):
    """A cancelled lesson that came back."""


Change = Added | Moved | Edited | Cancelled | Restored
RECENT = timedelta(days=30)
"""How long a change stays marked in the timetable; the lists of changes cover the same period by default."""
KINDS: Mapping[type, str] = {
    Added: "added", Moved: "moved", Edited: "edited", Cancelled: "cancelled", Restored: "restored",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The result of a comparison: the tracked events from now on, and the changes."""

    known: tuple[TrackedEvent, ...]
    changes: tuple[Change, ...]


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """Return the number of changes of each kind, by the names used in the JSON output."""
    found = Counter(KINDS[type(change)] for change in changes)
    return {name: found[name] for name in KINDS.values()}


def compare(
    before: Collection[TrackedEvent],
    fresh: Planning,
    *,
    zone: ZoneInfo,
    namespace: UUID,
    seen_days: Collection[date] | None,
    now: datetime,
) -> Diff:
    """Compare the tracked events with a fresh planning.

    `seen_days` are the days covered before: a lesson on another day only came into view and is not a change. None on a
    first run, when every lesson is new.
    """
    matched = match(
        before,
        fresh.events,
        zone=zone,
        is_gone=lambda known: _is_covered(fresh, known.event, zone),
        is_new=lambda event: seen_days is None or event.day(zone) in seen_days,
    )
    after: dict[str, TrackedEvent] = {known.uid: known for known in before}
    changes: list[Change] = []
    for event in fresh.events:
        known = matched.get(event.id)
        if known is None:
            known = TrackedEvent(uid=_uid(namespace, event.id, after), event=event, first_seen=now, last_seen=now)
            if seen_days is None or event.day(zone) in seen_days:
                changes.append(Added(uid=known.uid, after=event))
        else:
            changes.extend(_changes(known, event))
        current = known.event if is_unchanged(known.event, event) else event
        after[known.uid] = replace(known, event=current, last_seen=now, cancelled_since=None)
    found = {known.uid for known in matched.values()}
    for known in before:
        if known.uid not in found and known.cancelled_since is None and _is_covered(fresh, known.event, zone):
            after[known.uid] = replace(known, cancelled_since=now)
            changes.append(Cancelled(uid=known.uid, before=known.event))
    return Diff(known=tuple(after.values()), changes=tuple(sorted(changes, key=day_order)))


def known_event(change: Change) -> Event:
    """Return the event that the user knows: before the change if there was one, else after it."""
    return change.after if isinstance(change, Added) else change.before


def day_order(change: Change) -> tuple[float, str]:
    """Return the sort key of a change: the lesson's start before the change, then its subject."""
    event = known_event(change)
    return event.start.timestamp(), event.subject


def upcoming(
    known: Iterable[TrackedEvent], now: datetime, days: Collection[date], zone: ZoneInfo
) -> list[TrackedEvent]:
    """Return the events on these days that are not cancelled and start after `now`."""
    return [k for k in known if k.cancelled_since is None and k.event.start > now and k.event.day(zone) in days]


def covered_days(planning: Planning) -> set[date]:
    """Return the days for which the planning is complete."""
    return {day for period in planning.proved for day in period}


def _is_covered(fresh: Planning, event: Event, zone: ZoneInfo) -> bool:
    day = event.day(zone)
    return any(period.first <= day <= period.last for period in fresh.proved)


def _changes(known: TrackedEvent, event: Event) -> Iterator[Change]:
    """Yield the change to report, if any: a change at the portal, not an improvement of our parser."""
    before = known.event
    if known.cancelled_since is not None:
        yield Restored(uid=known.uid, before=before, after=event)
    elif hours_of(before) != hours_of(event):
        yield Moved(uid=known.uid, before=before, after=event)
    elif content_of(before) != content_of(event) and words_of(before) != words_of(event):
        yield Edited(uid=known.uid, before=before, after=event)


def _uid(namespace: UUID, event_id: str, taken: Collection[str]) -> str:
    """Return the UID of an event id; a variant where a lesson with another id by now still has that UID."""
    uid, number = str(uuid5(namespace, event_id)), 1
    while uid in taken:
        number += 1
        uid = str(uuid5(namespace, f"{event_id}#{number}"))
    return uid
