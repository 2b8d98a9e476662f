"""Generate an invented student's year of lessons from `timetable.toml`; always the same for the same day."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from dateutil.easter import easter

from scraper.demo.event_json import FORMAT, Wire, without_room
from scraper.demo.variant import ZONE

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
MAY = 5
SEPTEMBER = 9
FAR = timedelta(days=90)
EXAMS_APART = 11
IDS_A_YEAR = 100_000
SPREAD = 7_919  # a prime: ids of consecutive lessons are far apart, as at the portal
RING = 99_991  # the greatest prime below IDS_A_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    """An entry of the year in the school's local time; `vague` is its title while it is far in the future."""

    day: date
    begin: time
    last_day: date
    end: time
    title: str
    vague: str
    kind: str
    all_day: bool = False


class Timetable:
    """The lessons of a portal: the given ones, or the invented year around the day of the request."""

    def __init__(self, events: Iterable[Wire] | None = None, *, changing: bool = False) -> None:
        self._events = None if events is None else tuple(events)
        self._changing = changing

    def events(self, moment: datetime, language: str) -> Sequence[Wire]:
        """Return the lessons as a page in that language shows them at that moment."""
        events = school_year(moment.astimezone(ZONE).date()) if self._events is None else self._events
        if self._changing:
            events = _change_room(events, moment.astimezone(ZONE))
        return [without_room(event) for event in events] if language == "en" else events


def _change_room(events: Sequence[Wire], moment: datetime) -> tuple[Wire, ...]:
    """Give the first lesson after today a room that it has in this second of the hour only."""
    tomorrow = f"{moment.date() + _DAY}"
    changed = next((event for event in events if event["start"] >= tomorrow and event["title"][0] != "\n"), None)
    room = f"IC2_{moment.minute * 60 + moment.second:04}"
    return tuple(_with_room(event, room) if event is changed else event for event in events)


def _with_room(event: Wire, room: str) -> Wire:
    return {**event, "title": room + event["title"][event["title"].index("\n") :]}


@lru_cache(maxsize=4)
def school_year(today: date) -> tuple[Wire, ...]:
    """Return the lessons of the school year of `today`, from May to August also of the next one, sorted by start.

    A school year lasts from September to June, without French holidays; a summer session with few lessons and its
    exams fills July and August. An event has the same id whatever `today` is; but rooms and teachers of some events
    more than 90 days ahead are still blank.
    """
    current = today.year if today.month >= SEPTEMBER else today.year - 1
    years = (current, current + 1) if MAY <= today.month < SEPTEMBER else (current,)
    plan = tomllib.loads(files(__package__).joinpath("timetable.toml").read_text(encoding="utf-8"))
    found = [event for first in years for event in _school_year(first, plan, today)]
    return tuple(sorted(found, key=lambda event: (event["start"][:10], event["start"][11:16], event["id"])))


def _school_year(first: int, plan: Mapping[str, Any], today: date) -> Iterator[dict[str, Any]]:
    for number, lesson in enumerate((*_lessons(first, plan), *_other_lessons(first, plan), *_summer(first, plan))):
        id_ = 70_000_000 + (first - 2000) * IDS_A_YEAR + number * SPREAD % RING
        far = lesson.day > today + FAR
        yield {
            "id": str(id_),
            "title": lesson.vague if far else lesson.title,
            "start": datetime.combine(lesson.day, lesson.begin, ZONE).strftime(FORMAT),
            "end": datetime.combine(lesson.last_day, lesson.end, ZONE).strftime(FORMAT),
            "allDay": lesson.all_day,
            "editable": True,
            "className": lesson.kind,
        }


def _lessons(first: int, plan: Mapping[str, Any]) -> Iterator[_Lesson]:
    for week, monday in enumerate(_weeks(first)):
        for place, (weekday, begin, end, subject, kind) in enumerate(plan["lessons"]):
            day = monday + _DAY * weekday
            if day not in _feasts(first):
                exam = place % EXAMS_APART == week % EXAMS_APART
                yield _lesson(day, begin, end, plan["subjects"][subject], _exam(day) if exam else kind)


def _summer(first: int, plan: Mapping[str, Any]) -> Iterator[_Lesson]:
    monday = max(_weeks(first)) + _WEEK
    while monday < _monday(date(first + 1, 9, 1)):
        for weekday, begin, end, subject, kind in plan["summer"]:
            day = monday + _DAY * weekday
            if day not in _feasts(first):
                yield _lesson(day, begin, end, plan["subjects"][subject], kind)
        monday += _WEEK


def _exam(day: date) -> str:
    return "EXAM_SURV" if day.month in (1, 6) else "DS_SURV"


def _lesson(day: date, begin: str, end: str, subject: Mapping[str, Any], kind: str) -> _Lesson:
    name = subject["autumn" if day.month >= SEPTEMBER or day.month == 1 else "spring"]
    exam = kind.endswith("_SURV")
    title = f"{subject['room']}\n\n{name}\n{kind}\n{subject['teacher']}"
    return _Lesson(
        day=day,
        begin=time.fromisoformat(begin),
        last_day=day,
        end=time.fromisoformat(end),
        title=title,
        vague=f"\n\n{name}\n{kind}\n " if subject.get("late") or exam else title,
        kind="est-epreuve" if exam else kind,
    )


def _other_lessons(first: int, plan: Mapping[str, Any]) -> Iterator[_Lesson]:
    teaching = {monday + _DAY * n for monday in _weeks(first) for n in range(6)} - _feasts(first)
    for other in plan["others"]:
        months = (9, 10, 11, 12, 1, 2, 3, 4, 5, 6) if other.get("each_month") else (other["month"],)
        for month in months:
            in_year = first if month >= SEPTEMBER else first + 1
            day = _nth_weekday(in_year, month, other["weekday"], other["nth"])
            if day in teaching:
                yield _other_lesson(day, other)


def _nth_weekday(year_: int, month: int, weekday: int, nth: int) -> date:
    opening = date(year_, month, 1)
    return opening + _DAY * ((weekday - opening.weekday()) % 7) + _WEEK * (nth - 1)


def _other_lesson(day: date, other: Mapping[str, Any]) -> _Lesson:
    whole = other.get("days", 0)
    return _Lesson(
        day=day,
        begin=time.fromisoformat(other.get("begin", "00:00")),
        last_day=day + _DAY * (whole + other.get("until", 0)),
        end=time.fromisoformat(other.get("end", "00:00")),
        title=other["title"],
        vague=other["title"],
        kind=other["kind"],
        all_day=whole > 0,
    )


def _weeks(first: int) -> Iterator[date]:
    """Yield the Mondays of weeks with lessons: September to June without the four fortnights of holidays."""
    free = {monday + _WEEK * n for monday in _holidays(first) for n in range(2)}
    monday = _monday(date(first, 9, 1))
    while monday < date(first + 1, 6, 28):
        if monday not in free:
            yield monday
        monday += _WEEK


def _holidays(first: int) -> tuple[date, ...]:
    return (
        _monday(date(first, 10, 17)),
        _monday(date(first, 12, 19)),
        _monday(date(first + 1, 2, 14)),
        _monday(date(first + 1, 4, 11)),
    )


def _monday(day: date) -> date:
    return day + _DAY * (-day.weekday() % 7)


@cache
def _feasts(first: int) -> frozenset[date]:
    spring = first + 1
    sunday = easter(spring)
    autumn = (date(first, 11, 1), date(first, 11, 11))
    fixed = (date(spring, 5, 1), date(spring, 5, 8), date(spring, 7, 14), date(spring, 8, 15))
    return frozenset((*autumn, *fixed, sunday + _DAY, sunday + _DAY * 39, sunday + _DAY * 50))
