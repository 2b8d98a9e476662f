"""Match the events of a fresh planning with the tracked events. Pure.

A fresh event is matched, and so keeps its UID, by the first of these rules that applies:

1. Same id, time and content.
2. Same time and content under a new id: the portal renumbers its events when a school imports its timetable again.
   This rule has no limit of distance or number.
3. Same id, whatever else changed.
4. New id, but same subject, kind, teachers and length, with exactly one candidate: at the same time, else on the same
   day, else within `NEAR`.
"""

import html
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.planning import Event

NEAR = timedelta(days=14)
"""The longest distance over which a moved lesson with a new id is recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedEvent:
    """An event in the ledger. `event` is its state after the last real change; times are aware, in UTC."""

    uid: str
    event: Event
    first_seen: datetime
    last_seen: datetime
    cancelled_since: datetime | None = None


def plain_text(text: str) -> str:
    """Return the text with HTML escapes resolved and runs of blanks folded."""
    return " ".join(html.unescape(text).split())


def hours_of(event: Event) -> tuple[object, ...]:
    """Return start and end as instants: local times are ambiguous when the clocks go back in October."""
    return event.start.astimezone(UTC), event.end.astimezone(UTC), event.all_day


def content_of(event: Event) -> tuple[object, ...]:
    """Return what users see of an event except its time, ignoring blanks, escapes and the order of names."""
    texts = map(plain_text, (event.subject, event.kind, event.note, event.description))
    return (
        *texts,
        event.is_exam,
        tuple(sorted(map(plain_text, event.rooms))),
        tuple(sorted(map(plain_text, event.teachers))),
    )


def words_of(event: Event) -> tuple[object, ...]:
    """Return the portal's words for an event, sorted: equal where only our parsing of the title improved."""
    words = tuple(sorted(plain_text(event.raw_title).split())), tuple(sorted(event.raw_kind.split()))
    return *words, plain_text(event.description)


def is_unchanged(one: Event, other: Event) -> bool:
    """Return whether the events differ at most in blanks, escapes and the order of teachers or rooms."""
    return one.id == other.id and _is_equal(one, other)


def match(
    before: Collection[TrackedEvent],
    fresh: Sequence[Event],
    *,
    zone: ZoneInfo,
    is_gone: Callable[[TrackedEvent], bool],
    is_new: Callable[[Event], bool],
) -> dict[str, TrackedEvent]:
    """Return the tracked event of each fresh event, by the fresh id; an event without one is new.

    `is_gone`: whether the absence of a tracked event counts, because its day is covered. `is_new`: whether the fresh
    event's day was covered before. Only such events are matched by rule 4; the other rules need neither.
    """
    ids = {event.id for event in fresh}
    # An id that the portal used twice belongs to the event seen last.
    by_id = {k.event.id: k for k in sorted(before, key=lambda k: (k.cancelled_since is None, k.last_seen))}
    found = {e.id: by_id[e.id] for e in fresh if e.id in by_id and _is_equal(by_id[e.id].event, e)}
    taken = {known.uid for known in found.values()}
    rest = [e for e in fresh if e.id not in found]
    found |= _pair_equal([k for k in before if k.uid not in taken], rest, by_id)
    taken = {known.uid for known in found.values()}
    found |= {e.id: by_id[e.id] for e in rest if e.id not in found and e.id in by_id and by_id[e.id].uid not in taken}
    taken = {known.uid for known in found.values()}
    gone = [
        k for k in before if k.uid not in taken and k.event.id not in ids and k.cancelled_since is None and is_gone(k)
    ]
    return found | _pair_remaining(gone, [e for e in rest if e.id not in found], is_new, zone)


def _is_equal(one: Event, other: Event) -> bool:
    return hours_of(one) == hours_of(other) and (one == other or content_of(one) == content_of(other))


def _pair_equal(
    before: Iterable[TrackedEvent], fresh: Sequence[Event], by_id: Mapping[str, TrackedEvent]
) -> dict[str, TrackedEvent]:
    """Pair events that have the same time and content under different ids (rule 2).

    Where both ids are still in use for other events, a pair counts only as part of a complete renumbering: a lesson
    that moved to the time of another lesson of its course has not become that one.
    """
    pairs: dict[str, TrackedEvent] = {}
    # Events that are not cancelled come first. The id makes the order of equal events the same on each run.
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
            """Return whether the pair takes away the only partner of an event that still has one of the two ids."""
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
    """Return whether the same id is still the same event; a new course at new hours only reuses an old id."""
    return hours_of(one) == hours_of(other) or plain_text(one.subject) == plain_text(other.subject)


def _pair_remaining(
    gone: Sequence[TrackedEvent], fresh: Sequence[Event], is_new: Callable[[Event], bool], zone: ZoneInfo
) -> dict[str, TrackedEvent]:
    """Pair the remaining events where exactly one match is possible (rule 4)."""
    found: dict[str, TrackedEvent] = {}
    rules: tuple[Callable[[Event, Event], bool], ...] = (
        lambda one, other: hours_of(one) == hours_of(other),
        lambda one, other: one.day(zone) == other.day(zone),
        lambda one, other: abs(one.start - other.start) <= NEAR,
    )
    for is_near in rules:
        taken = {known.uid for known in found.values()}
        rest = [known for known in gone if known.uid not in taken]
        found |= _unambiguous_pairs(rest, [e for e in fresh if e.id not in found and is_new(e)], is_near)
    return found


def _unambiguous_pairs(
    gone: Iterable[TrackedEvent],
    fresh: Iterable[Event],
    is_near: Callable[[Event, Event], bool],
) -> Iterator[tuple[str, TrackedEvent]]:
    """Yield pairs of similar and near events where neither is in a second such pair."""
    old: dict[object, list[TrackedEvent]] = defaultdict(list)
    new: dict[object, list[Event]] = defaultdict(list)
    for known in gone:
        if plain_text(known.event.subject):
            old[_similarity_key(known.event)].append(known)
    for event in fresh:
        new[_similarity_key(event)].append(event)
    for key, events in new.items():
        near = [(e, k) for e in events for k in old[key] if is_near(e, k.event)]
        for event, known in near:
            if sum(e is event for e, _ in near) == 1 == sum(k is known for _, k in near):
                yield event.id, known


def _similarity_key(event: Event) -> object:
    length = event.end.astimezone(UTC) - event.start.astimezone(UTC)
    return plain_text(event.subject), plain_text(event.kind), tuple(sorted(map(plain_text, event.teachers))), length
