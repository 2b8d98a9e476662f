"""Lessons on the days that they touch. Pure; days are those of the school's zone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import DAY, Event, Period
from scraper.web.pages.timetable.lessons import Lesson

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a lesson falls on one day. `whole` tells that it has no hours there.

    `begins` and `ends` tell whether it does so on that day.
    """

    lesson: Lesson
    day: date
    whole: bool
    begins: bool
    ends: bool


def parts(lessons: Iterable[Lesson], period: Period, zone: ZoneInfo) -> Mapping[date, list[Part]]:
    """For each day on which there is something, its parts: those without hours first, then by hour."""
    found: dict[date, list[Part]] = defaultdict(list)
    # Most of a year's lessons are far away: two comparisons of instants spare the zone's arithmetic.
    before, after = (period.start(zone) - DAY).astimezone(UTC), (period.end(zone) + DAY).astimezone(UTC)
    near = (one for one in lessons if one.event.start < after and (one.event.end > before or one.event.start > before))
    for lesson in near:
        for part in _parts(lesson, period, zone):
            found[part.day].append(part)
    return {day: sorted(found[day], key=lambda part: not part.whole) for day in sorted(found)}


def _parts(lesson: Lesson, period: Period, zone: ZoneInfo) -> Iterator[Part]:
    first, last = span(lesson.event, zone)
    long = lesson.event.all_day or lesson.event.end.timestamp() - lesson.event.start.timestamp() >= DAY.total_seconds()
    day = max(first, period.first)
    while day <= min(last, period.last):
        yield Part(lesson=lesson, day=day, whole=long, begins=day == first, ends=day == last)
        day += DAY


def span(event: Event, zone: ZoneInfo) -> tuple[date, date]:
    """The first day and the last on which it is; one that ends at midnight is not on the day that begins then."""
    start, end = event.start.astimezone(zone), event.end.astimezone(zone)
    return start.date(), max(start.date(), (end - INSTANT).date())


def unsure_days(known: Iterable[TrackedEvent], proved: Iterable[date], period: Period, zone: ZoneInfo) -> set[date]:
    """The period's days of which the last run did not tell all, as far as is remembered.

    They were never proved, though days before them were; or they are to come and have a lesson that the last run did
    not see again.
    """
    known, proved = tuple(known), set(proved)
    last = updated(known)
    if last is None:
        return set()
    unseen = {
        one.event.start.astimezone(zone).date()
        for one in known
        if one.cancelled_since is None and one.last_seen < last and one.event.start > last
    }
    sure = proved - unseen
    return {day for day in period if day not in sure} - untold_days(proved, period)


def untold_days(proved: Iterable[date], period: Period) -> set[date]:
    """The period's days of which nothing was ever asked: those before the first that was proved."""
    first = min(proved, default=period.first)
    return {day for day in period if day < first}


def updated(known: Iterable[TrackedEvent]) -> datetime | None:
    """When the portal's planning was seen last; None where it never was."""
    return max((one.last_seen for one in known), default=None)
