"""What ledgers say, read once after each run: to read a year takes longer than to draw a page of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from scraper.errors import LedgerMissing
from scraper.held import Held, waiting
from scraper.ledger import Books, Ledger, Told
from scraper.matching import Known
from scraper.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """Events, the changes that were found, oldest first, and the days that were proved once.

    `ruled` are the rules by which each calendar was made, by its output.
    """

    known: tuple[Known, ...]
    told: tuple[Told, ...]
    days: frozenset[date]
    ruled: Mapping[str, tuple[Rule, ...]]


@dataclass(slots=True)
class Recall:
    """One server's, for all accounts."""

    _kept: dict[Path, tuple[object, Remembered]] = field(default_factory=dict)
    _held: dict[Path, tuple[object, Held | None]] = field(default_factory=dict)

    def of(self, ledger: Ledger) -> Remembered:
        """What that ledger says now. Raises LedgerMissing, LedgerError."""
        with ledger.reading() as books:
            state = books.state(), books.rules()
            kept = self._kept.get(ledger.path)
            if kept is None or kept[0] != state:
                kept = self._kept[ledger.path] = state, _read(books, state[1])
            return kept[1]

    def waiting(self, ledger: Ledger, now: datetime) -> Held | None:
        """What waits there for a person's word; None where nothing does. Raises LedgerError."""
        try:
            with ledger.reading() as books:
                state = books.state()
        except LedgerMissing:
            return None
        kept = self._held.get(ledger.path)
        if kept is None or kept[0] != state:
            kept = self._held[ledger.path] = state, waiting(ledger, now)
        return kept[1]


def _read(books: Books, ruled: Mapping[str, tuple[Rule, ...]]) -> Remembered:
    return Remembered(known=books.known(), told=tuple(books.told()), days=frozenset(books.days()), ruled=ruled)
