"""What ledgers say, read once after each run: to read a year takes longer than to draw a page of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from scraper.domain.matching import TrackedEvent
from scraper.domain.rules import Rule
from scraper.errors import LedgerMissing
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.ledger.records import RecordedChange
from scraper.publishing.pending import PendingChanges, pending_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """Events, the changes that were found, oldest first, and the days that were proved once.

    `ruled` are the rules by which each calendar was made, by its output.
    """

    known: tuple[TrackedEvent, ...]
    told: tuple[RecordedChange, ...]
    days: frozenset[date]
    ruled: Mapping[str, tuple[Rule, ...]]


@dataclass(slots=True)
class LedgerCache:
    """One server's, for all accounts."""

    _kept: dict[Path, tuple[object, Remembered]] = field(default_factory=dict)
    _held: dict[Path, tuple[object, PendingChanges | None]] = field(default_factory=dict)

    def of(self, ledger: Ledger) -> Remembered:
        """What that ledger says now. Raises LedgerMissing, LedgerError."""
        with ledger.reading() as books:
            state = books.state(), books.rules()
            kept = self._kept.get(ledger.path)
            if kept is None or kept[0] != state:
                kept = self._kept[ledger.path] = state, _read(books, state[1])
            return kept[1]

    def waiting(self, ledger: Ledger, now: datetime) -> PendingChanges | None:
        """What waits there for a person's word; None where nothing does. Raises LedgerError."""
        try:
            with ledger.reading() as books:
                state = books.state()
        except LedgerMissing:
            return None
        kept = self._held.get(ledger.path)
        if kept is None or kept[0] != state:
            kept = self._held[ledger.path] = state, pending_changes(ledger, now)
        return kept[1]


def _read(books: LedgerTransaction, ruled: Mapping[str, tuple[Rule, ...]]) -> Remembered:
    return Remembered(
        known=books.tracked_events(), told=tuple(books.changes()), days=frozenset(books.covered_days()), ruled=ruled
    )
