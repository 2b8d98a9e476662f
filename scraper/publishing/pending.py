"""Show or discard the pending changes: those of a run that waits for the user's review.

They are stored in the ledger without secrets. A run that publishes discards them in the same commit.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change
from scraper.domain.planning import Planning
from scraper.errors import LedgerMissing
from scraper.publishing.comparison import compare_planning
from scraper.publishing.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChanges:
    """A planning to review, read `at` (UTC), and its changes compared with the published calendars.

    `suspicious`: most upcoming lessons are missing from it.
    """

    at: datetime
    planning: Planning
    changes: tuple[Change, ...]
    suspicious: bool
    zone: ZoneInfo


def pending_changes(ledger: Ledger, now: datetime) -> PendingChanges | None:
    """Return the changes that wait for review, or None. Raise LedgerError."""
    try:
        with ledger.reading() as transaction:
            pending = transaction.pending_planning()
            if pending is None:
                return None
            before, days = transaction.tracked_events(), transaction.covered_days()
    except LedgerMissing:
        return None
    found = compare_planning(before, days, pending.planning, zone=ledger.zone, namespace=pending.namespace, now=now)
    return PendingChanges(
        at=pending.at, planning=pending.planning, changes=found.changes, suspicious=found.suspicion is not None,
        zone=ledger.zone,
    )  # fmt: skip


def discard_pending(ledger: Ledger) -> bool:
    """Discard the pending changes; return False where there were none. Raise LedgerError."""
    if not ledger.exists():
        return False
    with ledger.writing() as transaction:
        dropped = transaction.discard_pending()
        transaction.commit()
    return dropped
