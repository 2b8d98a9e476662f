"""Compare a new planning with the ledger; rebuild a lost or outdated ledger from the published calendars."""

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
from scraper.publishing.ledger.rebuild import days_spanned, revisions_in, tracked_events_in
from scraper.publishing.ledger.revisions import Revision
from scraper.publishing.target import CalendarTarget
from scraper.sinks.sink import Sink

FEWEST_GONE, MOST_GONE = 5, 4 / 5
"""From FEWEST_GONE upcoming lessons on, a run that removes more than this share of them is suspicious."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningDiff:
    """The result of comparing a planning with the ledger: the tracked events from now on, and the changes.

    `is_first`: the ledger was empty, so every event is new and changes are not reported. `suspicion` is the error to
    raise where too many upcoming lessons disappeared at once.
    """

    planning: Planning
    known: tuple[TrackedEvent, ...]
    changes: tuple[Change, ...]
    is_first: bool
    suspicion: SuspiciouslyEmpty | None


def compare_planning(
    before: Collection[TrackedEvent],
    days: Collection[date],
    planning: Planning,
    *,
    zone: ZoneInfo,
    namespace: UUID,
    now: datetime,
) -> PlanningDiff:
    """Compare the planning with the tracked events `before` and the days covered so far."""
    is_first = not (before or days)
    diff = compare(before, planning, zone=zone, namespace=namespace, seen_days=None if is_first else days, now=now)
    return PlanningDiff(
        planning=planning, known=diff.known, changes=diff.changes, is_first=is_first,
        suspicion=_suspicion(before, diff, set(days) & covered_days(planning), zone, now),
    )  # fmt: skip


def load_or_rebuild(
    transaction: LedgerTransaction,
    school: School,
    targets: Sequence[CalendarTarget],
    further: Sequence[Mapping[str, Revision]],
) -> tuple[tuple[TrackedEvent, ...], set[date]]:
    """Return the tracked events and the covered days.

    Where the ledger is lost or an outdated copy, events of the published calendars complete it; `further` has the
    newer revisions of each target, as `newer_revisions` returns them.
    """
    known, days = {one.uid: one for one in transaction.tracked_events()}, transaction.covered_days()
    is_lost = not known and not days
    ids: set[str] = set()
    for target, later in zip(targets, further, strict=True):
        if target.sharing.is_partial:
            continue
        if not is_lost and not any(uid in known and one.revised > known[uid].last_seen for uid, one in later.items()):
            continue
        for one in tracked_events_in(_read_current(target.sink), school, target.options):
            old = known.get(one.uid)
            if old is not None and one.last_seen > old.last_seen:
                known[one.uid] = replace(one, first_seen=old.first_seen)
            elif is_lost and old is None and one.event.id not in ids:
                known[one.uid] = one
                ids.add(one.event.id)
    return tuple(known.values()), days_spanned(tuple(known.values())) if is_lost else days


def _read_current(sink: Sink) -> bytes | None:
    with suppress(DeliveryError):
        return sink.current()
    return None


def newer_revisions(transaction: LedgerTransaction, target: CalendarTarget) -> dict[str, Revision]:
    """Return the revisions in the published calendar that the ledger lacks, because it is lost or an outdated copy."""
    body = _read_current(target.sink)
    if body is None or body == transaction.last_body(target.output):
        return {}
    recorded = transaction.revisions(target.output)
    found = revisions_in(body)
    return {uid: one for uid, one in found.items() if uid not in recorded or one.is_later_than(recorded[uid])}


def _suspicion(
    before: Collection[TrackedEvent], diff: Diff, days: Collection[date], zone: ZoneInfo, now: datetime
) -> SuspiciouslyEmpty | None:
    """Return an error where most upcoming lessons disappeared at once, on days that both runs covered."""
    known = upcoming(before, now, days, zone)
    present = {one.uid for one in diff.known if one.cancelled_since is None}
    gone = [one for one in known if one.uid not in present]
    if len(known) < FEWEST_GONE or len(gone) <= MOST_GONE * len(known):
        return None
    first, last = (pick(one.event.start.date() for one in gone) for pick in (min, max))
    return SuspiciouslyEmpty("gone", gone=len(gone), known=len(known), first=first, last=last)
