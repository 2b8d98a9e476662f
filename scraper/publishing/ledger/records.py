"""The rows of the ledger as types."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scraper.domain.changes import Change
from scraper.domain.planning import Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCalendar:
    """A calendar that was published: its number, when (UTC), for which output, and how much stood in it."""

    number: int
    at: datetime
    output: str
    events: int
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPlanning:
    """A planning that waits to be published, and when it was read (UTC); `namespace` makes its events' UIDs."""

    at: datetime
    namespace: UUID
    planning: Planning


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    """A change and when it was found (UTC)."""

    at: datetime
    change: Change
