"""What a student looks up on the way: the lesson now, the next one, the rest of today, the next day. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scraper.domain.planning import Period
from scraper.web.pages.timetable.days import Part, split_by_day
from scraper.web.pages.timetable.lessons import Lesson
from scraper.web.pages.timetable.views import Date, current_and_next, next_held_day, upcoming_lessons

MOST_EXAMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The current day for a small screen.

    `following` is the next lesson if it is today. `later` are the other parts of today that have not ended, `over`
    those that have. `next_day` is the next day with a lesson, `exams` are the next exams.
    """

    current: Lesson | None
    following: Lesson | None
    later: tuple[Part, ...]
    over: tuple[Part, ...]
    next_day: Date | None
    exams: tuple[Lesson, ...]


def build_today(lessons: Iterable[Lesson], now: datetime, zone: ZoneInfo) -> Today:
    """Return the current day, in the school's zone."""
    lessons = tuple(lessons)
    day = now.astimezone(zone).date()
    current, following = current_and_next(lessons, now)
    if following is not None and following.event.day(zone) != day:
        following = None
    parts = split_by_day(lessons, Period(first=day, last=day), zone).get(day, [])
    over = tuple(part for part in parts if part.lesson.event.end <= now)
    apart = {id(current), id(following), *(id(part.lesson) for part in over)}
    return Today(
        current=current, following=following, over=over,
        later=tuple(part for part in parts if id(part.lesson) not in apart),
        next_day=_next_day(lessons, day, zone),
        exams=tuple(lesson for lesson in upcoming_lessons(lessons, now) if lesson.event.is_exam)[:MOST_EXAMS],
    )  # fmt: skip


def _next_day(lessons: Iterable[Lesson], today: date, zone: ZoneInfo) -> Date | None:
    """Return the first day after today on which a lesson starts, with what takes place then."""
    day = next_held_day(lessons, today, zone)
    if day is None:
        return None
    held = (lesson for lesson in lessons if lesson.is_held)
    return Date(day=day, parts=split_by_day(held, Period(first=day, last=day), zone)[day])
