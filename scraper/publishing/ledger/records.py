"""Types for the rows of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scraper.domain.changes import Change
from scraper.domain.planning import Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCalendar:
    """A published calendar: its number, time (UTC), output, number of events, and number of changes of each kind."""

    number: int
    at: datetime
    output: str
    events: int
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPlanning:
    """A planning that waits for review, read `at` (UTC); `namespace` is that of its events' UIDs."""

    at: datetime
    namespace: UUID
    planning: Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """A change and the time when it was found (UTC)."""

    at: datetime
    change: Change
