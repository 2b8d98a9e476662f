"""What a student's planning is: periods, events, a planning. Knows nothing of portals or of iCalendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """Days from `first` to `last`, both included; days of the school's zone."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            msg = f"a period ends before it begins: {self.first} … {self.last}"
            raise ValueError(msg)

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def start(self, zone: ZoneInfo) -> datetime:
        """The first instant of the first day, in `zone`."""
        return datetime.combine(self.first, time(), zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """The first instant after the last day, in `zone`."""
        return datetime.combine(self.last + DAY, time(), zone)

    def __iter__(self) -> Iterator[date]:
        """Each day."""
        return (self.first + DAY * n for n in range(self.days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One lesson, exam or meeting, as the portal tells it.

    `start` and `end` are aware, in the school's zone; equal where the event has no length. For an event of
    whole days they are midnights and `end` is the midnight after the last day. `kind` is the portal's code
    (`COURS_TD`), empty when unknown. `raw_title` is what the portal wrote, and is never lost;
    `raw_kind` are its classes for the event, of which one marks an exam.
    """

    id: str
    start: datetime
    end: datetime
    all_day: bool = False
    subject: str = ""
    kind: str = ""
    is_exam: bool = False
    rooms: tuple[str, ...] = ()
    teachers: tuple[str, ...] = ()
    note: str = ""
    description: str = ""
    raw_title: str = ""
    raw_kind: str = ""

    def belongs_to(self, period: Period, zone: ZoneInfo) -> bool:
        """Whether it starts before the period's end and ends after its start (or has no length and starts in it)."""
        # By instants: times of one zone compare by their clocks, which show one hour twice in October.
        first, after = period.start(zone).timestamp(), period.end(zone).timestamp()
        start, end = self.start.timestamp(), self.end.timestamp()
        return start < after and (end > first or start >= first)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseWarning:
    """Something odd in the portal's answer; `reason` is a key of `[oddities]` in the words."""

    reason: str
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """Events sorted by start, end and id; `proved` are the days for which their absence means something."""

    school: str
    period: Period
    events: tuple[Event, ...]
    proved: tuple[Period, ...] = ()
    oddities: tuple[ParseWarning, ...] = ()
