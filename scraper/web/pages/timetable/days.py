"""Lessons split by the days on which they take place, in the school's zone. Pure functions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Event, Period
from scraper.web.pages.timetable.lessons import Lesson

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part of a lesson on one day.

    `is_all_day` is true where no hours are shown; `is_first_day` and `is_last_day` where the lesson starts or ends on
    that day.
    """

    lesson: Lesson
    day: date
    is_all_day: bool
    is_first_day: bool
    is_last_day: bool


def split_by_day(lessons: Iterable[Lesson], period: Period, zone: ZoneInfo) -> Mapping[date, list[Part]]:
    """Return the parts on each day that has any: those without hours first, then by hour."""
    by_day: dict[date, list[Part]] = defaultdict(list)
    # Most lessons of a year are outside the period: two comparisons in UTC are faster than conversions to the zone.
    earliest, latest = (period.start(zone) - DAY).astimezone(UTC), (period.end(zone) + DAY).astimezone(UTC)
    candidates = (
        lesson
        for lesson in lessons
        if lesson.event.start < latest and (lesson.event.end > earliest or lesson.event.start > earliest)
    )
    for lesson in candidates:
        for part in _parts(lesson, period, zone):
            by_day[part.day].append(part)
    return {day: sorted(by_day[day], key=lambda part: not part.is_all_day) for day in sorted(by_day)}


def _parts(lesson: Lesson, period: Period, zone: ZoneInfo) -> Iterator[Part]:
    first, last = span(lesson.event, zone)
    is_long = (
        lesson.event.all_day or lesson.event.end.timestamp() - lesson.event.start.timestamp() >= DAY.total_seconds()
    )
    day = max(first, period.first)
    while day <= min(last, period.last):
        yield Part(lesson=lesson, day=day, is_all_day=is_long, is_first_day=day == first, is_last_day=day == last)
        day += DAY


def span(event: Event, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last day of the event; one that ends at midnight is not on the following day."""
    start, end = event.start.astimezone(zone), event.end.astimezone(zone)
    return start.date(), max(start.date(), (end - _INSTANT).date())


def uncertain_days(known: Iterable[TrackedEvent], covered: Iterable[date], period: Period, zone: ZoneInfo) -> set[date]:
    """Return the days of the period about which the last run did not report everything.

    They were never covered although days before them were, or they are in the future and have a lesson that the last
    run did not see.
    """
    known, covered = tuple(known), set(covered)
    last = last_update(known)
    if last is None:
        return set()
    days_of_missed_lessons = {
        one.event.day(zone)
        for one in known
        if one.cancelled_since is None and one.last_seen < last and one.event.start > last
    }
    certain = covered - days_of_missed_lessons
    return {day for day in period if day not in certain} - unasked_days(covered, period)


def unasked_days(covered: Iterable[date], period: Period) -> set[date]:
    """Return the days of the period before the first covered day, which no run ever requested."""
    first = min(covered, default=period.first)
    return {day for day in period if day < first}


def last_update(known: Iterable[TrackedEvent]) -> datetime | None:
    """Return when a run last saw the portal's timetable; None where none did."""
    return max((one.last_seen for one in known), default=None)
