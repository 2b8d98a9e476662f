"""The days of each view, and the lessons in them. Pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from scraper.domain.planning import DAY, Period
from scraper.web.pages.timetable.days import Part, span, split_by_day
from scraper.web.pages.timetable.lessons import Lesson

WEEK = 7
LIST_WEEKS = 4
VIEWS = ("today", "week", "month", "list")
EARLIEST, LATEST = date(2000, 1, 3), date(2099, 12, 31)
"""The days that can be shown; a date outside them is a typing error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """A day with the parts of its lessons."""

    day: date
    parts: Sequence[Part] = ()

    @property
    def held(self) -> list[Part]:
        """The parts that take place."""
        return [part for part in self.parts if part.lesson.is_held]

    @property
    def exams(self) -> int:
        """The number of exams."""
        return sum(part.lesson.event.is_exam for part in self.held)


def month_weeks(lessons: Iterable[Lesson], day: date, zone: ZoneInfo) -> list[list[Date]]:
    """Return the weeks that contain a day of that month, each from Monday to Sunday."""
    period = shown_period("month", day)
    by_day = split_by_day(lessons, period, zone)
    days = [Date(day=one, parts=by_day.get(one, ())) for one in period]
    return [days[at : at + WEEK] for at in range(0, len(days), WEEK)]


def list_days(lessons: Iterable[Lesson], period: Period, zone: ZoneInfo) -> list[Date]:
    """Return the days of the period that have a lesson."""
    return [Date(day=day, parts=found) for day, found in split_by_day(lessons, period, zone).items()]


def shown_period(view: str, day: date) -> Period:
    """Return the days of the view: whole weeks from a Monday on."""
    first, last = (day.replace(day=1), day + relativedelta(day=31)) if view == "month" else (day, day)
    monday = first - DAY * first.weekday()
    weeks = {"month": (last - monday).days // WEEK + 1, "list": LIST_WEEKS}.get(view, 1)
    return Period(first=monday, last=monday + DAY * (WEEK * weeks - 1))


def adjacent_days(view: str, day: date) -> tuple[date, date]:
    """Return a day of the previous and a day of the next page of the view."""
    if view == "month":
        return day.replace(day=1) - DAY, day.replace(day=1) + relativedelta(months=1)
    monday, weeks = day - DAY * day.weekday(), LIST_WEEKS if view == "list" else 1
    return monday - DAY * WEEK * weeks, monday + DAY * WEEK * weeks


def initial_day(lessons: Iterable[Lesson], now: datetime, zone: ZoneInfo) -> date:
    """Return the day to show first: today, or next Monday where no lesson is left on this weekend."""
    today = now.astimezone(zone).date()
    monday = today + DAY * (WEEK - today.weekday())
    is_week_over = today.weekday() > WEEK - 3 and not any(
        today <= span(one.event, zone)[1] < monday for one in upcoming_lessons(lessons, now)
    )
    return monday if is_week_over else today


def upcoming_lessons(lessons: Iterable[Lesson], now: datetime) -> list[Lesson]:
    """Return the lessons that take place and have not ended."""
    return [one for one in lessons if one.is_held and one.event.end > now]


def next_held_day(lessons: Iterable[Lesson], day: date, zone: ZoneInfo) -> date | None:
    """Return the first day after `day` on which a lesson starts that takes place; `lessons` are sorted by start."""
    days = (one.event.day(zone) for one in lessons if one.is_held)
    return next((one for one in days if one > day), None)


def current_and_next(lessons: Iterable[Lesson], now: datetime) -> tuple[Lesson | None, Lesson | None]:
    """Return the lesson that is taking place and the next one; all-day events do not count."""
    coming = [one for one in upcoming_lessons(lessons, now) if not one.event.all_day]
    current = next(
        (one for one in reversed(coming) if one.event.start <= now and one.event.end - one.event.start < DAY), None
    )
    return current, next((one for one in coming if one.event.start > now), None)
