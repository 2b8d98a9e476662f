"""What a run kept back: looked at, published after all, or dropped. It waits in the ledger, and nothing secret in it.

A run that publishes makes it void in the very commit that remembers what it published.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change
from scraper.domain.planning import Planning
from scraper.domain.progress import Progress
from scraper.domain.school import School
from scraper.errors import LedgerMissing, SettingsError
from scraper.publishing.comparison import compared
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.publish import ExportResult, publish_in_transaction
from scraper.publishing.target import CalendarTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChanges:
    """A planning that waits, read `at` (UTC), and what it changes in what is published now.

    `suspicious` tells that most lessons to come are gone from it.
    """

    at: datetime
    planning: Planning
    changes: tuple[Change, ...]
    suspicious: bool
    zone: ZoneInfo


def pending_changes(ledger: Ledger, now: datetime) -> PendingChanges | None:
    """What waits for a person's word; None where nothing does. Raises LedgerError."""
    try:
        with ledger.reading() as books:
            reading = books.held()
            if reading is None:
                return None
            before, days = books.known(), books.days()
    except LedgerMissing:
        return None
    found = compared(before, days, reading.planning, zone=ledger.zone, namespace=reading.namespace, now=now)
    return PendingChanges(
        at=reading.at, planning=reading.planning, changes=found.changes, suspicious=found.doubt is not None,
        zone=ledger.zone,
    )  # fmt: skip


def publish_pending(
    ledger: Ledger,
    school: School,
    targets: Sequence[CalendarTarget],
    progress: Progress,
    *,
    now: datetime,
    before_commit: Callable[[], None] = lambda: None,
) -> ExportResult | None:
    """Publishes what waits, compared again with the ledger as it is now; None where nothing waits.

    A person's word is enough for a planning that is suspiciously empty. Raises what `publish` raises, and
    SettingsError("held-elsewhere") where none of these calendars was ever published.
    """
    if not ledger.path.exists():
        return None
    for target in targets:
        target.sink.check()
    with ledger.writing() as books:
        reading = books.held()
        if reading is None:
            return None
        _refuse_elsewhere(books, targets)
        return publish_in_transaction(
            books, reading.planning, school, targets, progress, now=now, accept_empty=True, hold=False,
            before_commit=before_commit,
        )  # fmt: skip


def discard_pending(ledger: Ledger) -> bool:
    """Forgets what waits; False where nothing did. Raises LedgerError."""
    if not ledger.path.exists():
        return False
    with ledger.writing() as books:
        dropped = books.release()
        books.commit()
    return dropped


def _refuse_elsewhere(books: LedgerTransaction, targets: Sequence[CalendarTarget]) -> None:
    """A run by options had its own files: publishing to others would leave those as they are."""
    known = {issue.output for issue in books.issues()}
    if known and known.isdisjoint(target.output for target in targets):
        raise SettingsError("held-elsewhere", near=sorted(known))
