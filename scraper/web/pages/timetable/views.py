"""What a month, a list and the next lesson show. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from scraper.domain.planning import DAY, Period
from scraper.web.pages.timetable.days import Part, parts, span
from scraper.web.pages.timetable.lessons import Lesson

WEEK = 7
LIST_WEEKS = 4
VIEWS = ("week", "month", "list")
EARLIEST, LATEST = date(2000, 1, 3), date(2099, 12, 31)
"""Days that can be looked at: whatever is beyond is a slip of the keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """A day and what is on it."""

    day: date
    parts: Sequence[Part] = ()

    @property
    def held(self) -> list[Part]:
        """Without what does not take place."""
        return [part for part in self.parts if part.lesson.is_held]

    @property
    def exams(self) -> int:
        """How many."""
        return sum(part.lesson.event.is_exam for part in self.held)


def month_of(lessons: Iterable[Lesson], day: date, zone: ZoneInfo) -> list[list[Date]]:
    """The weeks that have a day of that month, each from Monday to Sunday."""
    period = period_of("month", day)
    on = parts(lessons, period, zone)
    days = [Date(day=one, parts=on.get(one, ())) for one in period]
    return [days[at : at + WEEK] for at in range(0, len(days), WEEK)]


def list_of(lessons: Iterable[Lesson], period: Period, zone: ZoneInfo) -> list[Date]:
    """The days on which there is something."""
    return [Date(day=day, parts=found) for day, found in parts(lessons, period, zone).items()]


def period_of(view: str, day: date) -> Period:
    """The days shown: whole weeks from a Monday on."""
    first, last = (day.replace(day=1), day + relativedelta(day=31)) if view == "month" else (day, day)
    monday = first - DAY * first.weekday()
    weeks = {"month": (last - monday).days // WEEK + 1, "list": LIST_WEEKS}.get(view, 1)
    return Period(first=monday, last=monday + DAY * (WEEK * weeks - 1))


def beside(view: str, day: date) -> tuple[date, date]:
    """The days that the pages before and after this one are about."""
    if view == "month":
        return day.replace(day=1) - DAY, day.replace(day=1) + relativedelta(months=1)
    monday, weeks = day - DAY * day.weekday(), LIST_WEEKS if view == "list" else 1
    return monday - DAY * WEEK * weeks, monday + DAY * WEEK * weeks


def first_day(lessons: Iterable[Lesson], now: datetime, zone: ZoneInfo) -> date:
    """The day to begin with: today, but the next Monday where the week has nothing more and its lessons are over."""
    today = now.astimezone(zone).date()
    monday = today + DAY * (WEEK - today.weekday())
    free = today.weekday() > WEEK - 3 and not any(
        today <= span(one.event, zone)[1] < monday for one in to_come(lessons, now)
    )
    return monday if free else today


def to_come(lessons: Iterable[Lesson], now: datetime) -> list[Lesson]:
    """Those that take place and are not over."""
    return [one for one in lessons if one.is_held and one.event.end > now]


def next_of(lessons: Iterable[Lesson], now: datetime) -> tuple[Lesson | None, Lesson | None]:
    """The lesson that goes on now, and the next one; events of whole days are none."""
    coming = [one for one in to_come(lessons, now) if not one.event.all_day]
    going = next(
        (one for one in reversed(coming) if one.event.start <= now and one.event.end - one.event.start < DAY), None
    )
    return going, next((one for one in coming if one.event.start > now), None)
