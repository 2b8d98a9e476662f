"""A fresh planning against what the ledger knows; of a lost one, or an old copy, what the calendars there tell."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change, Diff, compare, covered_days, upcoming
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Planning
from scraper.domain.school import School
from scraper.errors import DeliveryError, SuspiciouslyEmpty
from scraper.publishing.ledger.ledger import LedgerTransaction
from scraper.publishing.ledger.rebuild import days_of, known_in, published_in
from scraper.publishing.ledger.revisions import Revision
from scraper.publishing.target import CalendarTarget
from scraper.sinks.sink import Sink

FEWEST_GONE, MOST_GONE = 5, 4 / 5
"""Of so many lessons to come more than this part must not be gone at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningDiff:
    """What a planning makes of what was known `before`, on which `days`: what is `known` from now on, and the changes.

    `doubt` is the error that it is, where too much of what was to come is gone at once.
    """

    before: tuple[TrackedEvent, ...]
    days: Collection[date]
    known: tuple[TrackedEvent, ...]
    changes: tuple[Change, ...]
    doubt: SuspiciouslyEmpty | None

    @property
    def is_first(self) -> bool:
        """Whether nothing was known before: then everything is new, and nobody is told of changes."""
        return not (self.before or self.days)


def compared(
    before: Collection[TrackedEvent],
    days: Collection[date],
    planning: Planning,
    *,
    zone: ZoneInfo,
    namespace: UUID,
    now: datetime,
) -> PlanningDiff:
    """The planning against what was known, and of which days."""
    seen = days if before or days else None
    made = compare(before, planning, zone=zone, namespace=namespace, seen_days=seen, now=now)
    doubt = _suspicion(before, made, set(days) & covered_days(planning), zone, now)
    return PlanningDiff(before=tuple(before), days=days, known=made.known, changes=made.changes, doubt=doubt)


def load_or_rebuild(
    books: LedgerTransaction,
    school: School,
    targets: Sequence[CalendarTarget],
    further: Sequence[Mapping[str, Revision]],
) -> tuple[tuple[TrackedEvent, ...], set[date]]:
    """What the ledger knows and of which days; of a lost one, or an old copy, what the calendars there tell."""
    known, days = {one.uid: one for one in books.known()}, books.days()
    is_lost = not known and not days
    ids: set[str] = set()
    for target, later in zip(targets, further, strict=True):
        if not is_lost and not any(uid in known and one.revised > known[uid].last_seen for uid, one in later.items()):
            continue
        for one in known_in(_current(target.sink), school, target.look):
            old = known.get(one.uid)
            if old is not None and one.last_seen > old.last_seen:
                known[one.uid] = replace(one, first_seen=old.first_seen)
            elif is_lost and old is None and one.event.id not in ids:
                known[one.uid] = one
                ids.add(one.event.id)
    return tuple(known.values()), days_of(tuple(known.values())) if is_lost else days


def _current(sink: Sink) -> bytes | None:
    with suppress(DeliveryError):
        return sink.current()
    return None


def newer_revisions(books: LedgerTransaction, target: CalendarTarget) -> dict[str, Revision]:
    """What the calendar that is there tells of later revisions than the ledger, which may be lost or an old copy."""
    there = _current(target.sink)
    if there is None or there == books.last_body(target.output):
        return {}
    noted = books.published(target.output)
    return {uid: one for uid, one in published_in(there).items() if uid not in noted or one.is_later_than(noted[uid])}


def _suspicion(
    before: Collection[TrackedEvent], made: Diff, days: Collection[date], zone: ZoneInfo, now: datetime
) -> SuspiciouslyEmpty | None:
    """The error where most lessons to come are gone at once, on days that both runs proved."""
    known = upcoming(before, now, days, zone)
    left = {one.uid for one in made.known if one.cancelled_since is None}
    gone = [one for one in known if one.uid not in left]
    if len(known) < FEWEST_GONE or len(gone) <= MOST_GONE * len(known):
        return None
    first, last = (pick(one.event.start.date() for one in gone) for pick in (min, max))
    return SuspiciouslyEmpty("gone", gone=len(gone), known=len(known), first=first, last=last)
