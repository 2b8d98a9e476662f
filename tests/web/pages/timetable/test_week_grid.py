"""The week, month and list of lessons: no lesson is lost, outside the grid or over another."""

import re
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.planning import DAY, Period
from scraper.web.pages.timetable.days import split_by_day
from scraper.web.pages.timetable.lessons import Lesson
from scraper.web.pages.timetable.views import list_days, month_weeks
from scraper.web.pages.timetable.week_grid import HOUR, LEAST, Week, build_week, stylesheet
from tests.factories import bare_event
from tests.publishing.ledger.runs import NOW, PARIS

MONDAYS = st.sampled_from([date(2026, 3, 23), date(2026, 10, 19), date(2026, 11, 23)])
"""The clocks change on the Sundays of the first two weeks."""
CLASSES = set(re.findall(r"\.([a-z]\d+)\{", stylesheet()))


def lesson(start: datetime, minutes: int = 120, *, all_day: bool = False, number: int = 0) -> Lesson:
    """Return a lesson that starts then and lasts so many real minutes."""
    one = bare_event(start, minutes, number=number, all_day=all_day)
    return Lesson(uid=one.id, event=one, last_seen=NOW)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[date, list[Lesson]]:
    """A Monday, and lessons around its week at any hour and of any length."""
    monday = draw(MONDAYS)
    start = datetime(monday.year, monday.month, monday.day, tzinfo=PARIS).timestamp()
    hours = st.integers(min_value=-3 * 1440, max_value=9 * 1440)
    lengths = st.one_of(st.sampled_from([-60, 0, 1, 5, 90, 120]), st.integers(min_value=0, max_value=4 * 1440))
    found = draw(st.lists(st.tuples(hours, lengths, st.booleans()), max_size=40))
    made = []
    for number, (at, length, whole) in enumerate(found):
        begins = datetime.fromtimestamp(start + 60 * at, PARIS)
        made.append(lesson(begins, length, all_day=whole and length > 0, number=number))
    return monday, made


def places(week: Week) -> set[tuple[str, date]]:
    """Return the day of each lesson on the page."""
    found = [(part.lesson.uid, day.day) for day in week.days for part in day.parts]
    assert len(found) == len(set(found))
    return set(found)


def days_of(lessons: list[Lesson], period: Period) -> set[tuple[str, date]]:
    """Return the days in the period that each lesson touches."""
    return {
        (one.uid, day)
        for one in lessons
        for day in period
        if one.event.belongs_to(Period(first=day, last=day), PARIS) and one.event.end >= one.event.start
    }


@given(weeks())
def test_week_has_each_lesson_on_every_day_that_it_touches(drawn: tuple[date, list[Lesson]]) -> None:
    """Lessons at night, over midnight and at clock changes."""
    monday, lessons = drawn
    week = build_week(lessons, monday, PARIS)
    period = Period(first=monday, last=monday + 6 * DAY)
    shown = {one for one in places(week) if lessons[int(one[0])].event.end >= lessons[int(one[0])].event.start}
    assert shown == days_of(lessons, period)
    for one in lessons:
        if one.event.start.date() in period:
            assert (one.uid, one.event.start.date()) in places(week)


@given(weeks())
def test_lessons_in_the_grid_do_not_overlap(drawn: tuple[date, list[Lesson]]) -> None:
    """Each is within the lines of the grid and tall enough to be read."""
    monday, lessons = drawn
    week = build_week(lessons, monday, PARIS)
    for day in week.days:
        widest = max((box.right for box in day.boxes), default=2)
        for number, box in enumerate(day.boxes):
            assert 1 <= box.top <= box.bottom - LEAST <= week.hours * HOUR + 1 - LEAST
            assert 1 <= box.left < box.right <= widest
            assert {f"t{box.top}", f"b{box.bottom}", f"l{box.left}", f"r{box.right}", f"h{week.hours}"} <= CLASSES
            for other in day.boxes[number + 1 :]:
                apart = box.bottom <= other.top or other.bottom <= box.top
                assert apart or box.right <= other.left or other.right <= box.left


@given(weeks(), st.sampled_from(["month", "list"]))
def test_month_and_list_have_the_lessons_of_the_week(drawn: tuple[date, list[Lesson]], view: str) -> None:
    """No lesson is missing, and none is there twice."""
    monday, lessons = drawn
    period = Period(first=monday, last=monday + 6 * DAY)
    if view == "month":
        dates = [one for row in month_weeks(lessons, monday, PARIS) for one in row]
    else:
        dates = list_days(lessons, period, PARIS)
    found = {(part.lesson.uid, one.day) for one in dates if one.day in set(period) for part in one.parts}
    assert found == places(build_week(lessons, monday, PARIS))


def test_lesson_is_at_its_hour() -> None:
    """Also in the week after a clock change."""
    for monday in (date(2026, 3, 30), date(2026, 11, 23)):
        week = build_week(
            [lesson(datetime(monday.year, monday.month, monday.day, 10, 15, tzinfo=PARIS))], monday, PARIS
        )
        (box,) = week.days[0].boxes
        assert (week.first_hour, week.last_hour, len(week.days)) == (8, 18, 5)
        assert (box.top, box.bottom) == (2 * HOUR + 4, 4 * HOUR + 4) == (week.row(615), week.row(735))


def test_short_lesson_is_drawn_taller() -> None:
    """It starts at its hour; at the end of the day it grows upwards."""
    monday = date(2026, 11, 23)
    noon, late = (datetime(2026, 11, 23, *hour, tzinfo=PARIS) for hour in ((12, 0), (23, 50)))
    week = build_week([lesson(noon, 0, number=0), lesson(late, 5, number=1)], monday, PARIS)
    assert [(box.top, box.bottom) for box in week.days[0].boxes] == [
        (4 * HOUR + 1, 4 * HOUR + 1 + LEAST),
        (16 * HOUR + 1 - LEAST, 16 * HOUR + 1),
    ]


def test_grid_grows_with_early_late_and_saturday_lessons() -> None:
    """A lesson over midnight goes on the next day."""
    monday = date(2026, 11, 23)
    early = lesson(datetime(2026, 11, 24, 6, 30, tzinfo=PARIS), number=0)
    late = lesson(datetime(2026, 11, 27, 22, tzinfo=PARIS), 240, number=1)
    week = build_week([early, late], monday, PARIS)
    assert (len(week.days), week.first_hour, week.last_hour) == (6, 0, 24)
    friday, saturday = (day.boxes[0] for day in week.days[4:])
    assert (friday.bottom, saturday.top, saturday.bottom) == (24 * HOUR + 1, 1, 2 * HOUR + 1)
    assert (friday.part.is_last_day, saturday.part.is_first_day) == (False, False)


def test_long_events_and_surplus_lessons_are_above_the_grid() -> None:
    """Events of whole days or several days, and more lessons at one time than columns."""
    monday = date(2026, 11, 23)
    start = datetime(2026, 11, 23, 8, tzinfo=PARIS)
    crowd = [lesson(start, number=number) for number in range(15)]
    long = lesson(start, 2 * 1440, number=15)
    holiday = lesson(start - timedelta(hours=8), 1440, all_day=True, number=16)
    week = build_week([*crowd, long, holiday], monday, PARIS)
    assert [len(day.above) for day in week.days] == [5, 1, 1, 0, 0]
    assert [box.left for box in week.days[0].boxes] == list(range(1, 13))


def test_lesson_until_midnight_is_on_one_day() -> None:
    """An event of a whole day or without length is on its own day."""
    midnight = datetime(2026, 11, 24, tzinfo=PARIS)
    found = split_by_day(
        [
            lesson(midnight - timedelta(hours=2), number=0),
            lesson(midnight, 1440, all_day=True, number=1),
            lesson(midnight, 0, number=2),
        ],
        Period(first=date(2026, 11, 23), last=date(2026, 11, 29)),
        PARIS,
    )
    reported = {day.day: [part.lesson.uid for part in on] for day, on in found.items()}
    assert reported == {23: ["0"], 24: ["1", "2"]}
