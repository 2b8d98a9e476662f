"""The generated year of lessons: complete, repeatable, and like a real one."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from scraper.demo.event_json import Wire
from scraper.demo.timetable import Timetable, school_year
from tests.effort import examples
from tests.factories import PARIS

NOVEMBER = date(2026, 11, 23)
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 12, 31))


def day_of(event: Wire) -> date:
    """Return the day on which the event starts."""
    return date.fromisoformat(event["start"][:10])


def ids(events: Iterable[Wire]) -> dict[tuple[str, str, str], str]:
    """Return the ids of the lessons by their fixed fields."""
    return {(e["start"], e["end"], e["className"]): e["id"] for e in events}


@given(days)
def test_next_six_months_have_lessons(today: date) -> None:
    """From any day of any year there are at least a hundred lessons."""
    last = today + relativedelta(months=6)
    assert sum(today <= day_of(event) <= last for event in school_year(today)) >= 100


def test_next_month_has_lessons_and_an_exam() -> None:
    """The days after today have lessons and an exam, also in holidays and in July and August.

    Every thirteenth day, on each weekday in turn; in a wide run every day.
    """
    for number in range(0, 2 * 366, max(1, 366 // examples(28))):
        today = date(2026, 9, 1) + timedelta(days=number)
        ahead = [e for e in school_year(today) if today < day_of(e) <= today + timedelta(days=27)]
        assert len(ahead) >= 10, today
        assert any(event["className"] == "est-epreuve" for event in ahead), today


@given(days, st.integers(min_value=0, max_value=86_399))
def test_changing_timetable_changes_a_room_each_second(today: date, second: int) -> None:
    """One room of a lesson of the next weeks changes."""
    moment = datetime.combine(today, time(), PARIS) + timedelta(seconds=second)
    timetable = Timetable(changing=True)
    then = moment + timedelta(seconds=1)
    pairs = zip(timetable.events(moment, "fr"), timetable.events(then, "fr"), strict=False)
    (changed,) = [pair for pair in pairs if pair[0] != pair[1]] if then.date() == today else [None]
    if changed:
        assert today < day_of(changed[0]) <= today + timedelta(days=27)
        assert {name for name in changed[0] if changed[0][name] != changed[1][name]} == {"title"}
        before, after = (event["title"].split("\n") for event in changed)
        assert before[0] != after[0]
        assert before[1:] == after[1:]


def test_timetable_changes_at_midnight_of_the_school() -> None:
    """A running portal gets the lessons of the new year."""
    timetable = Timetable()
    before, after = (datetime(2027, 4, 30, 21, 59, tzinfo=UTC) + timedelta(minutes=n) for n in (0, 1))
    assert timetable.events(before, "fr") == school_year(date(2027, 4, 30))
    assert timetable.events(after, "fr") == school_year(date(2027, 5, 1))
    assert len(timetable.events(after, "fr")) > len(timetable.events(before, "fr")) + 100


@given(days, st.integers(min_value=0, max_value=300))
def test_lesson_keeps_its_id(today: date, later: int) -> None:
    """Its id is the same on another day, and unique."""
    events = school_year(today)
    now, then = ids(events), ids(school_year(today + timedelta(days=later)))
    assert all(now[key] == then[key] for key in now.keys() & then.keys())
    assert len(set(now.values())) == len(now) == len(events)
    assert all(id_.isdigit() and len(id_) == 8 for id_ in now.values())


def test_year_of_a_day_is_repeatable() -> None:
    """Two calls return the same events."""
    assert school_year(NOVEMBER) == school_year(NOVEMBER)


def test_week_has_lessons_and_holidays_have_none() -> None:
    """A week has 20 to 25 lessons; Christmas and public holidays have none."""
    events = school_year(NOVEMBER)
    weeks = Counter(day_of(event).isocalendar().week for event in events)
    assert 20 <= sorted(weeks.values())[len(weeks) // 2] <= 25
    free = {date(2026, 12, 25), date(2026, 11, 11), date(2027, 1, 1), date(2027, 3, 29), date(2027, 7, 14)}
    assert not free & {day_of(event) for event in events}


def test_titles_have_five_lines() -> None:
    """Room, note, subject, kind, teacher; an optional talk has one more, an exam its own kind."""
    events = school_year(NOVEMBER)
    lines = [event["title"].split("\n") for event in events]
    assert {len(title) for title in lines} == {5, 6}
    assert all("FACULTATIF" in title[1] for title in lines if len(title) == 6)
    for event, title in zip(events, lines, strict=True):
        exam = event["className"] == "est-epreuve"
        assert title[-2] in {"DS_SURV", "EXAM_SURV"} if exam else title[-2] == event["className"]


def test_year_has_all_kinds_of_events() -> None:
    """Exams, meetings without subject, whole days, an event of several days, and both offsets."""
    events = school_year(NOVEMBER)
    assert {"est-epreuve", "REUNION", "CONF", "AUTO_APPR", "CM", "TD", "TP"} <= {e["className"] for e in events}
    assert any(e["title"].split("\n")[1:3] == ["", ""] for e in events)
    whole = [e for e in events if e["allDay"]]
    assert whole
    assert all(e["start"][11:19] == e["end"][11:19] == "00:00:00" for e in whole)
    assert any(e["start"][:10] != e["end"][:10] for e in events if not e["allDay"])
    assert {e["start"][19:] for e in events} == {"+0100", "+0200"}


def test_distant_lessons_lack_rooms_and_teachers() -> None:
    """Some lessons more than 90 days ahead are incomplete, nearer ones are not."""
    known = {event["id"]: event["title"] for event in school_year(date(2027, 6, 30))}
    far, near = [], []
    for event in school_year(date(2026, 9, 1)):
        same = event["title"] == known[event["id"]]
        (far if day_of(event) > date(2026, 11, 30) else near).append(same)
    assert all(near)
    assert not all(far)
    assert any(far)


def test_times_are_those_of_the_school() -> None:
    """A lesson at 8 is at 8 in Paris, in summer and in winter."""
    first = min(school_year(NOVEMBER), key=lambda event: event["start"])
    moment = datetime.fromisoformat(first["start"])
    assert moment.astimezone(PARIS).strftime("%H:%M") == first["start"][11:16]
