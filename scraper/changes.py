"""What changed at the portal between what is known of a planning and what it says now. Pure: the clock is an argument.

Only proved days speak: an event missing on one of them was cancelled; elsewhere its absence means nothing.
"""

import html
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from scraper.planning import Event, Planning

NEAR = timedelta(days=14)
"""A lesson that went and one that came within this are the same one, where nothing else could be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is remembered of one event. `event` is as it was last really changed; times are aware, in UTC."""

    uid: str
    event: Event
    first_seen: datetime
    last_seen: datetime
    cancelled_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A lesson that came on a day of which it was known that it was not there."""

    uid: str
    after: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A lesson at another hour, or of another length; other things may have changed too."""

    uid: str
    before: Event
    after: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A lesson at its hour of which something else changed."""

    uid: str
    before: Event
    after: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """A lesson that left a proved day."""

    uid: str
    before: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A cancelled lesson that came back."""

    uid: str
    before: Event
    after: Event


Change = Added | Moved | Edited | Cancelled | Restored
KINDS: Mapping[type, str] = {
    Added: "added", Moved: "moved", Edited: "edited", Cancelled: "cancelled", Restored: "restored",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is known from now on, and what changed."""

    known: tuple[Known, ...]
    changes: tuple[Change, ...]


def counts(changes: Iterable[Change]) -> dict[str, int]:
    """How many changes of each kind, by the names of the command's contract."""
    found = Counter(KINDS[type(change)] for change in changes)
    return {name: found[name] for name in KINDS.values()}


def compare(
    before: Collection[Known],
    fresh: Planning,
    *,
    zone: ZoneInfo,
    namespace: UUID,
    seen_days: Collection[date] | None,
    now: datetime,
) -> Compared:
    """What the fresh planning says of what was known.

    `seen_days` are the days that were proved before: a lesson that comes on another one has only come into view, and
    is no lesson created anew. None on a first run, when all that is there is new.
    """
    by_id = {known.event.id: known for known in before}
    ids = {event.id for event in fresh.events}
    newcomers = [e for e in fresh.events if e.id not in by_id and (seen_days is None or _day(e, zone) in seen_days)]
    gone = [k for k in before if k.event.id not in ids and k.cancelled_since is None and _speaks(fresh, k.event, zone)]
    again = dict(_recreated(gone, newcomers))
    after: dict[str, Known] = {known.uid: known for known in before}
    changes: list[Change] = []
    for event in fresh.events:
        known = by_id.get(event.id) or again.get(event.id)
        if known is None:
            known = Known(uid=_uid(namespace, event.id, after), event=event, first_seen=now, last_seen=now)
            if seen_days is None or _day(event, zone) in seen_days:
                changes.append(Added(uid=known.uid, after=event))
        else:
            changes.extend(_told(known, event))
        kept = known.event if is_same(known.event, event) else event
        after[known.uid] = replace(known, event=kept, last_seen=now, cancelled_since=None)
    found_again = {known.uid for known in again.values()}
    for known in gone:
        if known.uid not in found_again:
            after[known.uid] = replace(known, cancelled_since=now)
            changes.append(Cancelled(uid=known.uid, before=known.event))
    return Compared(known=tuple(after.values()), changes=tuple(sorted(changes, key=day_order)))


def day_order(change: Change) -> tuple[float, str]:
    """Sort changes by this: by the time of the lesson before the change, then by subject."""
    event = change.after if isinstance(change, Added) else change.before
    return event.start.timestamp(), event.subject


def is_same(one: Event, other: Event) -> bool:
    """Whether nothing of it changed but blanks, escapes and the order of teachers or rooms."""
    # Times of one zone compare by their clocks, which show one hour twice in October.
    return one.id == other.id and _when(one) == _when(other) and (one == other or _what(one) == _what(other))


def to_come(known: Iterable[Known], now: datetime, days: Collection[date], zone: ZoneInfo) -> list[Known]:
    """Those that are not cancelled and still to come on one of these days."""
    return [k for k in known if k.cancelled_since is None and k.event.start > now and _day(k.event, zone) in days]


def proved_days(planning: Planning) -> set[date]:
    """The days of which the planning says all."""
    return {day for period in planning.proved for day in period}


def _speaks(fresh: Planning, event: Event, zone: ZoneInfo) -> bool:
    day = _day(event, zone)
    return any(period.first <= day <= period.last for period in fresh.proved)


def _day(event: Event, zone: ZoneInfo) -> date:
    return event.start.astimezone(zone).date()


def _told(known: Known, event: Event) -> Iterator[Change]:
    """What people are told: what changed at the portal, not what we read better than before."""
    before = known.event
    if known.cancelled_since is not None:
        yield Restored(uid=known.uid, before=before, after=event)
    elif _when(before) != _when(event):
        yield Moved(uid=known.uid, before=before, after=event)
    elif before != event and _what(before) != _what(event) and _written(before) != _written(event):
        yield Edited(uid=known.uid, before=before, after=event)


def _when(event: Event) -> tuple[object, ...]:
    return event.start.astimezone(UTC), event.end.astimezone(UTC), event.all_day


def _what(event: Event) -> tuple[object, ...]:
    texts = map(_plain, (event.subject, event.kind, event.note, event.description))
    return *texts, event.is_exam, sorted(map(_plain, event.rooms)), sorted(map(_plain, event.teachers))


def _written(event: Event) -> tuple[object, ...]:
    """The portal's own words, in whatever order."""
    return sorted(_plain(event.raw_title).split()), sorted(event.raw_kind.split()), _plain(event.description)


def _plain(text: str) -> str:
    return " ".join(html.unescape(text).split())


def _recreated(gone: Sequence[Known], newcomers: Sequence[Event]) -> Iterator[tuple[str, Known]]:
    """Newcomers' ids with the lesson that each is again: the same but for its hour, and no other could be meant."""
    old: dict[object, list[Known]] = defaultdict(list)
    new: dict[object, list[Event]] = defaultdict(list)
    for known in gone:
        old[_likeness(known.event)].append(known)
    for event in newcomers:
        new[_likeness(event)].append(event)
    for likeness, events in new.items():
        near = [(e, k) for e in events for k in old[likeness] if abs(e.start - k.event.start) <= NEAR]
        for event, known in near:
            alone = sum(e is event for e, _ in near) == 1 == sum(k is known for _, k in near)
            if alone and _plain(event.subject):
                yield event.id, known


def _likeness(event: Event) -> object:
    length = event.end.astimezone(UTC) - event.start.astimezone(UTC)
    return _plain(event.subject), _plain(event.kind), tuple(sorted(map(_plain, event.teachers))), length


def _uid(namespace: UUID, event_id: str, taken: Collection[str]) -> str:
    """The UID of an event id; another one where a lesson that was created anew has kept it."""
    uid, number = str(uuid5(namespace, event_id)), 1
    while uid in taken:
        number += 1
        uid = str(uuid5(namespace, f"{event_id}#{number}"))
    return uid
