"""The rows of a page, whatever the lessons: none is lost, none is outside, none covers another."""

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
    """One from that hour on, so many real minutes long."""
    one = bare_event(start, minutes, number=number, all_day=all_day)
    return Lesson(uid=one.id, event=one, last_seen=NOW)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[date, list[Lesson]]:
    """A Monday, and lessons around that week at any hour and of any length."""
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
    """Which lesson is on which day; once at most."""
    found = [(part.lesson.uid, day.day) for day in week.days for part in day.parts]
    assert len(found) == len(set(found))
    return set(found)


def touched(lessons: list[Lesson], period: Period) -> set[tuple[str, date]]:
    """Which lesson has an instant on which day."""
    return {
        (one.uid, day)
        for one in lessons
        for day in period
        if one.event.belongs_to(Period(first=day, last=day), PARIS) and one.event.end >= one.event.start
    }


@given(weeks())
def test_no_lesson_is_lost_in_a_week(drawn: tuple[date, list[Lesson]]) -> None:
    """Each is on every day that it touches and on no other; at night, over midnight, as clocks change."""
    monday, lessons = drawn
    week = build_week(lessons, monday, PARIS)
    period = Period(first=monday, last=monday + 6 * DAY)
    shown = {one for one in places(week) if lessons[int(one[0])].event.end >= lessons[int(one[0])].event.start}
    assert shown == touched(lessons, period)
    for one in lessons:
        if one.event.start.date() in period:
            assert (one.uid, one.event.start.date()) in places(week)


@given(weeks())
def test_no_lesson_is_outside_the_grid_or_over_another(drawn: tuple[date, list[Lesson]]) -> None:
    """Its lines are lines of the grid and tall enough to be read; two at one time have columns of their own."""
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
def test_no_lesson_is_lost_in_a_month_or_a_list(drawn: tuple[date, list[Lesson]], view: str) -> None:
    """They have what the week has."""
    monday, lessons = drawn
    period = Period(first=monday, last=monday + 6 * DAY)
    if view == "month":
        dates = [one for row in month_weeks(lessons, monday, PARIS) for one in row]
    else:
        dates = list_days(lessons, period, PARIS)
    found = {(part.lesson.uid, one.day) for one in dates if one.day in set(period) for part in one.parts}
    assert found == places(build_week(lessons, monday, PARIS))


def test_a_lesson_is_at_its_hour() -> None:
    """Before eight, after eighteen, on Saturday: it shows that too; over midnight a lesson goes on the next day."""
    for monday in (date(2026, 3, 30), date(2026, 11, 23)):
        week = build_week(
            [lesson(datetime(monday.year, monday.month, monday.day, 10, 15, tzinfo=PARIS))], monday, PARIS
        )
        (box,) = week.days[0].boxes
        assert (week.first_hour, week.last_hour, len(week.days)) == (8, 18, 5)
        assert (box.top, box.bottom) == (2 * HOUR + 4, 4 * HOUR + 4) == (week.row(615), week.row(735))


def test_a_lesson_that_is_too_short_to_be_read_is_made_taller() -> None:
    """From its hour on; at the end of the day, upwards."""
    monday = date(2026, 11, 23)
    noon, late = (datetime(2026, 11, 23, *hour, tzinfo=PARIS) for hour in ((12, 0), (23, 50)))
    week = build_week([lesson(noon, 0, number=0), lesson(late, 5, number=1)], monday, PARIS)
    assert [(box.top, box.bottom) for box in week.days[0].boxes] == [
        (4 * HOUR + 1, 4 * HOUR + 1 + LEAST),
        (16 * HOUR + 1 - LEAST, 16 * HOUR + 1),
    ]


def test_the_grid_grows_with_its_lessons() -> None:
    """Before eight, after eighteen, on Saturday: it shows that too; and over midnight a lesson goes on the next day."""
    monday = date(2026, 11, 23)
    early = lesson(datetime(2026, 11, 24, 6, 30, tzinfo=PARIS), number=0)
    late = lesson(datetime(2026, 11, 27, 22, tzinfo=PARIS), 240, number=1)
    week = build_week([early, late], monday, PARIS)
    assert (len(week.days), week.first_hour, week.last_hour) == (6, 0, 24)
    friday, saturday = (day.boxes[0] for day in week.days[4:])
    assert (friday.bottom, saturday.top, saturday.bottom) == (24 * HOUR + 1, 1, 2 * HOUR + 1)
    assert (friday.part.is_last_day, saturday.part.is_first_day) == (False, False)


def test_what_has_no_room_is_above_the_grid() -> None:
    """Events of whole days and of several, and more lessons at one time than there are columns."""
    monday = date(2026, 11, 23)
    start = datetime(2026, 11, 23, 8, tzinfo=PARIS)
    crowd = [lesson(start, number=number) for number in range(15)]
    long = lesson(start, 2 * 1440, number=15)
    holiday = lesson(start - timedelta(hours=8), 1440, all_day=True, number=16)
    week = build_week([*crowd, long, holiday], monday, PARIS)
    assert [len(day.above) for day in week.days] == [5, 1, 1, 0, 0]
    assert [box.left for box in week.days[0].boxes] == list(range(1, 13))


def test_a_day_ends_at_midnight() -> None:
    """A lesson until midnight is not on the next day, one of whole days on its own only; one without length is."""
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
