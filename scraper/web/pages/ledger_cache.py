"""Cache of the ledgers' content, read again when a ledger changes: reading a year takes longer than rendering it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from scraper.domain.course_colors import course_colors
from scraper.domain.matching import TrackedEvent
from scraper.domain.rules import Rule
from scraper.errors import LedgerMissing
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.ledger.records import RecordedChange
from scraper.publishing.pending import PendingChanges, pending_changes

Content = TypeVar("Content")
MOST = 50
"""How many ledgers are kept: a year of lessons takes about a megabyte."""


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
    """Snapshots and pending changes of the ledgers read last, by key, each with the ledger's version."""

    _snapshots: dict[Hashable, tuple[object, LedgerSnapshot]] = field(default_factory=dict)
    _pending: dict[Hashable, tuple[object, PendingChanges | None]] = field(default_factory=dict)

    def get(self, ledger: Ledger) -> LedgerSnapshot:
        """Return the ledger's current content. Raise LedgerMissing or LedgerError."""
        with ledger.reading() as transaction:
            version = transaction.state(), transaction.rules()
            cached = self._snapshots.get(ledger.key)
            if cached is None or cached[0] != version:
                cached = version, _read(transaction, version[1])
                _keep(self._snapshots, ledger.key, cached)
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
            cached = version, pending_changes(ledger, now)
            _keep(self._pending, ledger.key, cached)
        return cached[1]

    def forget(self, ledger: Ledger) -> None:
        """Drop what is known of a ledger that was deleted."""
        self._snapshots.pop(ledger.key, None)
        self._pending.pop(ledger.key, None)


def _keep(cache: dict[Hashable, Content], key: Hashable, content: Content) -> None:
    """Put the content into the cache in place of the oldest one."""
    cache.pop(key, None)
    cache[key] = content
    for old in list(cache)[:-MOST]:
        cache.pop(old, None)


def _read(transaction: LedgerTransaction, rules: Mapping[str, tuple[Rule, ...]]) -> LedgerSnapshot:
    events = transaction.tracked_events()
    return LedgerSnapshot(
        events=events,
        colors=course_colors(events),
        changes=tuple(transaction.changes()),
        covered_days=frozenset(transaction.covered_days()),
        rules_by_output=rules,
    )
