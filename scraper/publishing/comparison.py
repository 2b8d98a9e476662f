"""Compare a new planning with the ledger."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change, Diff, compare, covered_days, upcoming
from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Planning
from scraper.errors import SuspiciouslyEmpty

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
