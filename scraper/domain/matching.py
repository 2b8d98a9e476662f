"""Which event of a fresh planning is which known event. Pure.

An event keeps its UID by the first of these rules that finds it:

1. It has its id and its hours and content.
2. It has exactly the hours and the content of another, under a new id: the portal numbers its events again when a
   school imports its timetable again. This rule knows no distance and no limit of number.
3. It has its id, whatever else changed.
4. It has a new id, the same subject, kind, teachers and length, and one event alone can be it: one at its hours, else
   one on its day, else one within `NEAR`.
"""

import html
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.planning import Event

NEAR = timedelta(days=14)
"""How far a lesson under a new id may have moved to be recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedEvent:
    """What is remembered of one event. `event` is as it was last really changed; times are aware, in UTC."""

    uid: str
    event: Event
    first_seen: datetime
    last_seen: datetime
    cancelled_since: datetime | None = None


def plain(text: str) -> str:
    """Resolve HTML escapes and fold runs of blanks."""
    return " ".join(html.unescape(text).split())


def hours_of(event: Event) -> tuple[object, ...]:
    """The hours of an event as instants: in October, times of one zone show one hour twice."""
    return event.start.astimezone(UTC), event.end.astimezone(UTC), event.all_day


def content_of(event: Event) -> tuple[object, ...]:
    """All that people see of an event but its hours, without regard to blanks, escapes and the order of names."""
    texts = map(plain, (event.subject, event.kind, event.note, event.description))
    return *texts, event.is_exam, tuple(sorted(map(plain, event.rooms))), tuple(sorted(map(plain, event.teachers)))


def words_of(event: Event) -> tuple[object, ...]:
    """The portal's own words of an event, in any order: the same where only our reading of a title has improved."""
    words = tuple(sorted(plain(event.raw_title).split())), tuple(sorted(event.raw_kind.split()))
    return *words, plain(event.description)


def is_unchanged(one: Event, other: Event) -> bool:
    """Whether nothing changed but blanks, escapes and the order of teachers or rooms."""
    return one.id == other.id and _is_equal(one, other)


def match(
    before: Collection[TrackedEvent],
    fresh: Sequence[Event],
    *,
    zone: ZoneInfo,
    is_gone: Callable[[TrackedEvent], bool],
    is_new: Callable[[Event], bool],
) -> dict[str, TrackedEvent]:
    """Find the known event that each fresh one is, by the fresh id; an id that is missing there is a new event.

    `is_gone` tells whether the absence of an event means something (its day is covered), `is_new` whether an
    event could not have been seen before on its day. Only such ones are guessed at; an exact pair needs neither.
    """
    ids = {event.id for event in fresh}
    # An id that the portal used twice belongs to the event that was seen last.
    by_id = {k.event.id: k for k in sorted(before, key=lambda k: (k.cancelled_since is None, k.last_seen))}
    found = {e.id: by_id[e.id] for e in fresh if e.id in by_id and _is_equal(by_id[e.id].event, e)}
    taken = {known.uid for known in found.values()}
    rest = [e for e in fresh if e.id not in found]
    found |= _exact([k for k in before if k.uid not in taken], rest, by_id)
    taken = {known.uid for known in found.values()}
    found |= {e.id: by_id[e.id] for e in rest if e.id not in found and e.id in by_id and by_id[e.id].uid not in taken}
    taken = {known.uid for known in found.values()}
    gone = [
        k for k in before if k.uid not in taken and k.event.id not in ids and k.cancelled_since is None and is_gone(k)
    ]
    return found | _guessed(gone, [e for e in rest if e.id not in found], is_new, zone)


def _is_equal(one: Event, other: Event) -> bool:
    return hours_of(one) == hours_of(other) and (one == other or content_of(one) == content_of(other))


def _exact(
    before: Iterable[TrackedEvent], fresh: Sequence[Event], by_id: Mapping[str, TrackedEvent]
) -> dict[str, TrackedEvent]:
    """Pair what has the same hours and content under another id.

    Where the ids of both are still in use for something else, a pair counts only as part of a whole renumbering: a
    lesson that moved into the place of another one of its course has not become that one.
    """
    pairs: dict[str, TrackedEvent] = {}
    # What is not cancelled comes first; of events that are equal in all, any order will do, but always the same.
    candidates = sorted(before, key=lambda k: (k.cancelled_since is not None, k.event.id))
    old: dict[object, list[TrackedEvent]] = defaultdict(list)
    for known in reversed(candidates):
        old[hours_of(known.event), content_of(known.event)].append(known)
    for event in sorted(fresh, key=lambda e: e.id):
        if same := old[hours_of(event), content_of(event)]:
            pairs[event.id] = same.pop()
    by_fresh = {event.id: event for event in fresh}
    while True:
        used = {known.uid for known in pairs.values()}

        def leaves_one_out(name: str, known: TrackedEvent, used: Collection[str] = used) -> bool:
            """Whether a partner has the id of one of the two, and would have no other."""
            former, follower = by_id.get(name), by_fresh.get(known.event.id)
            if former is not None and former.uid not in used and _is_plausible(former.event, by_fresh[name]):
                return True
            return follower is not None and follower.id not in pairs and _is_plausible(known.event, follower)

        broken = [name for name, known in pairs.items() if leaves_one_out(name, known)]
        if not broken:
            return pairs
        for name in broken:
            del pairs[name]


def _is_plausible(one: Event, other: Event) -> bool:
    """Whether the same id still means the same event: a new course at new hours is another event under an old id."""
    return hours_of(one) == hours_of(other) or plain(one.subject) == plain(other.subject)


def _guessed(
    gone: Sequence[TrackedEvent], fresh: Sequence[Event], is_new: Callable[[Event], bool], zone: ZoneInfo
) -> dict[str, TrackedEvent]:
    """Pair what is left where one match alone is possible."""

    def day(event: Event) -> object:
        return event.start.astimezone(zone).date()

    found: dict[str, TrackedEvent] = {}
    rules: tuple[Callable[[Event, Event], bool], ...] = (
        lambda one, other: hours_of(one) == hours_of(other),
        lambda one, other: day(one) == day(other),
        lambda one, other: abs(one.start - other.start) <= NEAR,
    )
    for is_near in rules:
        taken = {known.uid for known in found.values()}
        left = [known for known in gone if known.uid not in taken]
        found |= _alone(left, [e for e in fresh if e.id not in found and is_new(e)], is_near)
    return found


def _alone(
    gone: Iterable[TrackedEvent],
    fresh: Iterable[Event],
    is_near: Callable[[Event, Event], bool],
) -> Iterator[tuple[str, TrackedEvent]]:
    """Pairs that are alike and near, of which neither is in a second such pair."""
    old: dict[object, list[TrackedEvent]] = defaultdict(list)
    new: dict[object, list[Event]] = defaultdict(list)
    for known in gone:
        if plain(known.event.subject):
            old[_likeness(known.event)].append(known)
    for event in fresh:
        new[_likeness(event)].append(event)
    for alike, events in new.items():
        near = [(e, k) for e in events for k in old[alike] if is_near(e, k.event)]
        for event, known in near:
            if sum(e is event for e, _ in near) == 1 == sum(k is known for _, k in near):
                yield event.id, known


def _likeness(event: Event) -> object:
    length = event.end.astimezone(UTC) - event.start.astimezone(UTC)
    return plain(event.subject), plain(event.kind), tuple(sorted(map(plain, event.teachers))), length
