"""Cache of the ledgers' content, read again when a ledger changes: reading a year takes longer than rendering it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from scraper.domain.course_colors import course_colors
from scraper.domain.matching import TrackedEvent
from scraper.domain.rules import Rule
from scraper.errors import LedgerMissing
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.ledger.records import RecordedChange
from scraper.publishing.pending import PendingChanges, pending_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSnapshot:
    """The content of a ledger at one time.

    `changes` are all recorded changes, oldest first; `covered_days` the days that a run has covered so far;
    `rules_by_output` the rules by which each calendar was made, by the calendar's output; `colors` those of courses.
    """

    events: tuple[TrackedEvent, ...]
    changes: tuple[RecordedChange, ...]
    covered_days: frozenset[date]
    rules_by_output: Mapping[str, tuple[Rule, ...]]
    colors: Mapping[str, str]


@dataclass(slots=True)
class LedgerCache:
    """Snapshots and pending changes of all ledgers, by key, each with the ledger's version."""

    _snapshots: dict[Hashable, tuple[object, LedgerSnapshot]] = field(default_factory=dict)
    _pending: dict[Hashable, tuple[object, PendingChanges | None]] = field(default_factory=dict)

    def get(self, ledger: Ledger) -> LedgerSnapshot:
        """Return the ledger's current content. Raise LedgerMissing or LedgerError."""
        with ledger.reading() as transaction:
            version = transaction.state(), transaction.rules()
            cached = self._snapshots.get(ledger.key)
            if cached is None or cached[0] != version:
                cached = self._snapshots[ledger.key] = version, _read(transaction, version[1])
            return cached[1]

    def pending(self, ledger: Ledger, now: datetime) -> PendingChanges | None:
        """Return the changes that wait for approval; None where there are none. Raise LedgerError."""
        try:
            with ledger.reading() as transaction:
                version = transaction.state()
        except LedgerMissing:
            return None
        cached = self._pending.get(ledger.key)
        if cached is None or cached[0] != version:
            cached = self._pending[ledger.key] = version, pending_changes(ledger, now)
        return cached[1]


def _read(transaction: LedgerTransaction, rules: Mapping[str, tuple[Rule, ...]]) -> LedgerSnapshot:
    events = transaction.tracked_events()
    return LedgerSnapshot(
        events=events,
        colors=course_colors(events),
        changes=tuple(transaction.changes()),
        covered_days=frozenset(transaction.covered_days()),
        rules_by_output=rules,
    )
