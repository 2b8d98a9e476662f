"""Colours of courses: none twice in a term, none changes when a course is added."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.course_colors import assign_colors, course_colors, course_of
from scraper.domain.matching import TrackedEvent
from scraper.domain.palette import COLORS
from scraper.domain.planning import Event
from scraper.ical.entry import CANCELLED_COLOR
from scraper.ical.event import EXAM_COLOR
from tests.ical.events import event

LESSONS = st.builds(
    lambda number, month: replace(
        event(subject=f"Matière {number}"),
        start=datetime(2026 + month // 12, 1 + month % 12, 5, 8, tzinfo=UTC),
    ),
    st.integers(0, len(COLORS) - 1),
    st.integers(0, 23),
)


@given(st.lists(LESSONS, max_size=200), st.lists(LESSONS, max_size=20))
def test_courses_have_different_and_stable_colours(first: list[Event], later: list[Event]) -> None:
    """As many courses as there are colours differ, and later lessons change no colour."""
    before, after = assign_colors(first), assign_colors([*first, *later])
    assert len({*after.values()}) == len(after)
    assert {course: after[course] for course in before} == before


def test_colour_is_reused_in_another_term() -> None:
    """There are more courses than colours; within a term none is shared as long as possible."""

    def lesson(number: int, month: int) -> Event:
        return replace(event(subject=f"Matière {number}"), start=datetime(2027, month, 5, 8, tzinfo=UTC))

    autumn = [lesson(number, 10) for number in range(40)]
    spring = [lesson(100 + number, 3) for number in range(40)]
    colors = assign_colors([*autumn, *spring])
    for term in (autumn, spring):
        assert len({colors[course_of(one)] for one in term}) == 40


def test_course_that_was_seen_first_chooses_first() -> None:
    """The days of lessons and accents do not matter; without a subject the kind is the course."""
    old, new = event(id="1", subject="Électronique"), event(id="2", subject="Algèbre")
    seen = {"last_seen": datetime(2026, 11, 3, tzinfo=UTC), "cancelled_since": None}
    known = [
        TrackedEvent(uid="b", event=new, first_seen=datetime(2026, 11, 2, tzinfo=UTC), **seen),  # type: ignore[arg-type]
        TrackedEvent(uid="a", event=old, first_seen=datetime(2026, 11, 1, tzinfo=UTC), **seen),  # type: ignore[arg-type]
    ]
    assert [course_colors(known)[course_of(one)] for one in (old, new)] == [*COLORS[:2]]
    assert course_of(old) == course_of(replace(old, subject="ELECTRONIQUE"))
    assert course_of(replace(old, subject="", kind="CONF")) == "conf"


def test_exams_and_cancelled_lessons_have_their_own_colours() -> None:
    """No course has one of them."""
    assert len({*COLORS, EXAM_COLOR, CANCELLED_COLOR}) == len(COLORS) + 2
