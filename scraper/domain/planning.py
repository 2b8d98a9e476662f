"""The types of a student's timetable ("planning" in French): periods, events, the planning itself.

Independent of portals and of iCalendar.
"""

from collections.abc import Iterable, Iterator
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
        """The number of days."""
        return (self.last - self.first).days + 1

    def start(self, zone: ZoneInfo) -> datetime:
        """Return the first instant of the first day, in `zone`."""
        return datetime.combine(self.first, time(), zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """Return the first instant after the last day, in `zone`."""
        return datetime.combine(self.last + DAY, time(), zone)

    def __iter__(self) -> Iterator[date]:
        """Iterate over the days."""
        return (self.first + DAY * n for n in range(self.days))


def merge_days(days: Iterable[date]) -> tuple[Period, ...]:
    """Return the days as periods without gaps, in order."""
    periods: list[Period] = []
    for day in sorted(days):
        if periods and periods[-1].last + DAY == day:
            periods[-1] = Period(first=periods[-1].first, last=day)
        else:
            periods.append(Period(first=day, last=day))
    return tuple(periods)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A lesson, exam or meeting from the portal.

    `start` and `end` are aware, in the school's zone; equal where the event has no length. For an all-day event they
    are midnights and `end` is the midnight after the last day. `kind` is the portal's code (`COURS_TD`), empty when
    unknown. `raw_title` is the portal's own text, always kept; `raw_kind` has its CSS classes for the event, one of
    which marks an exam.
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

    def day(self, zone: ZoneInfo) -> date:
        """Return the day on which it starts, in `zone`."""
        return self.start.astimezone(zone).date()

    def belongs_to(self, period: Period, zone: ZoneInfo) -> bool:
        """Return whether it overlaps the period; an event without length must start in it."""
        # Compare instants: aware times of one zone compare by local time, which is ambiguous in October.
        first, after = period.start(zone).timestamp(), period.end(zone).timestamp()
        start, end = self.start.timestamp(), self.end.timestamp()
        return start < after and (end > first or start >= first)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseWarning:
    """An oddity in the portal's response; `reason` is a key of `[oddities]` in the catalogue."""

    reason: str
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """A timetable: events sorted by start, end and id; `proved` are the covered days, where absence counts."""

    school: str
    period: Period
    events: tuple[Event, ...]
    proved: tuple[Period, ...] = ()
    oddities: tuple[ParseWarning, ...] = ()
