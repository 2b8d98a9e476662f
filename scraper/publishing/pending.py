"""Show, publish or discard the pending changes: those of a run that waits for the user's review.

They are stored in the ledger without secrets. A run that publishes discards them in the same commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change
from scraper.domain.planning import Planning
from scraper.domain.school import School
from scraper.errors import LedgerMissing, SettingsError
from scraper.publishing.comparison import compare_planning
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.publish import ExportResult, PublishOptions, publish_in_transaction
from scraper.publishing.target import CalendarTarget


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


def publish_pending(
    ledger: Ledger,
    school: School,
    targets: Sequence[CalendarTarget],
    options: PublishOptions,
) -> ExportResult | None:
    """Publish the pending planning, compared again with the current ledger; return None where nothing is pending.

    The user's approval covers a mass removal as well. Raise what `publish` raises, and
    SettingsError("held-elsewhere") where none of these calendars was ever published.
    """
    if not ledger.path.exists():
        return None
    for target in targets:
        target.sink.check()
    with ledger.writing() as transaction:
        pending = transaction.pending_planning()
        if pending is None:
            return None
        known = {calendar.output for calendar in transaction.published_calendars()}
        if known and known.isdisjoint(target.output for target in targets):  # the run had other outputs, by options
            raise SettingsError("held-elsewhere", near=sorted(known))
        approved = replace(options, review=False, allow_mass_removal=True)
        return publish_in_transaction(transaction, pending.planning, school, targets, approved)


def discard_pending(ledger: Ledger) -> bool:
    """Discard the pending changes; return False where there were none. Raise LedgerError."""
    if not ledger.path.exists():
        return False
    with ledger.writing() as transaction:
        dropped = transaction.discard_pending()
        transaction.commit()
    return dropped
