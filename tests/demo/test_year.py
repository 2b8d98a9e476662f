"""The invented year: whole, steady, in the wire's form, with what a real one has."""

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
    """The day on which it starts, as the response has it."""
    return date.fromisoformat(event["start"][:10])


def ids(events: Iterable[Wire]) -> dict[tuple[str, str, str], str]:
    """Ids by what a lesson is, apart from what may still be blank."""
    return {(e["start"], e["end"], e["className"]): e["id"] for e in events}


@given(days)
def test_six_months_ahead_have_lessons(today: date) -> None:
    """From any day of any year, the six months that follow hold a hundred lessons and more."""
    last = today + relativedelta(months=6)
    assert sum(today <= day_of(event) <= last for event in school_year(today, PARIS)) >= 100


def test_every_day_has_lessons_and_an_exam_within_the_shortest_month() -> None:
    """In the holidays and in July and August, too: a week of lessons and an exam, of the days after today alone.

    Every sixth day, on each weekday in turn; in a wide run every day.
    """
    for number in range(0, 2 * 366, max(1, 366 // examples(61))):
        today = date(2026, 9, 1) + timedelta(days=number)
        ahead = [e for e in school_year(today, PARIS) if today < day_of(e) <= today + timedelta(days=27)]
        assert len(ahead) >= 10, today
        assert any(event["className"] == "est-epreuve" for event in ahead), today


@given(days, st.integers(min_value=0, max_value=86_399))
def test_two_looks_see_a_room_that_changed(today: date, second: int) -> None:
    """Where the portal changes: a lesson of the next weeks, its room alone, from one second to the next."""
    moment = datetime.combine(today, time(), PARIS) + timedelta(seconds=second)
    timetable = Timetable(PARIS, changing=True)
    then = moment + timedelta(seconds=1)
    pairs = zip(timetable.events(moment, "fr"), timetable.events(then, "fr"), strict=False)
    (changed,) = [pair for pair in pairs if pair[0] != pair[1]] if then.date() == today else [None]
    if changed:
        assert today < day_of(changed[0]) <= today + timedelta(days=27)
        assert {name for name in changed[0] if changed[0][name] != changed[1][name]} == {"title"}
        before, after = (event["title"].split("\n") for event in changed)
        assert before[0] != after[0]
        assert before[1:] == after[1:]


def test_a_page_opened_after_midnight_is_of_the_new_day() -> None:
    """A portal that runs on gets the new year's lessons; midnight is the school's."""
    timetable = Timetable(PARIS)
    before, after = (datetime(2027, 4, 30, 21, 59, tzinfo=UTC) + timedelta(minutes=n) for n in (0, 1))
    assert timetable.events(before, "fr") == school_year(date(2027, 4, 30), PARIS)
    assert timetable.events(after, "fr") == school_year(date(2027, 5, 1), PARIS)
    assert len(timetable.events(after, "fr")) > len(timetable.events(before, "fr")) + 100


@given(days, st.integers(min_value=0, max_value=300))
def test_a_lesson_keeps_its_id(today: date, later: int) -> None:
    """Made on another day, the same lesson has the same id; no two lessons share one."""
    events = school_year(today, PARIS)
    now, then = ids(events), ids(school_year(today + timedelta(days=later), PARIS))
    assert all(now[key] == then[key] for key in now.keys() & then.keys())
    assert len(set(now.values())) == len(now) == len(events)
    assert all(id_.isdigit() and len(id_) == 8 for id_ in now.values())


def test_the_same_day_makes_the_same_year() -> None:
    """There is no chance in it."""
    assert school_year(NOVEMBER, PARIS) == school_year(NOVEMBER, PARIS)


def test_a_week_is_full_and_holidays_are_free() -> None:
    """A week of lessons has about 20 to 25; Christmas and feasts have none."""
    events = school_year(NOVEMBER, PARIS)
    weeks = Counter(day_of(event).isocalendar().week for event in events)
    assert 20 <= sorted(weeks.values())[len(weeks) // 2] <= 25
    free = {date(2026, 12, 25), date(2026, 11, 11), date(2027, 1, 1), date(2027, 3, 29), date(2027, 7, 14)}
    assert not free & {day_of(event) for event in events}


def test_titles_have_five_lines() -> None:
    """Room, note, subject, kind, teacher; the optional talk has a blank line more, an exam its own kind."""
    events = school_year(NOVEMBER, PARIS)
    lines = [event["title"].split("\n") for event in events]
    assert {len(title) for title in lines} == {5, 6}
    assert all("FACULTATIF" in title[1] for title in lines if len(title) == 6)
    for event, title in zip(events, lines, strict=True):
        exam = event["className"] == "est-epreuve"
        assert title[-2] in {"DS_SURV", "EXAM_SURV"} if exam else title[-2] == event["className"]


def test_the_year_has_what_a_real_one_has() -> None:
    """Exams, meetings without subject, whole days, an event of several days, and both offsets of the zone."""
    events = school_year(NOVEMBER, PARIS)
    assert {"est-epreuve", "REUNION", "CONF", "AUTO_APPR", "CM", "TD", "TP"} <= {e["className"] for e in events}
    assert any(e["title"].split("\n")[1:3] == ["", ""] for e in events)
    whole = [e for e in events if e["allDay"]]
    assert whole
    assert all(e["start"][11:19] == e["end"][11:19] == "00:00:00" for e in whole)
    assert any(e["start"][:10] != e["end"][:10] for e in events if not e["allDay"])
    assert {e["start"][19:] for e in events} == {"+0100", "+0200"}


def test_what_is_far_ahead_is_partly_blank() -> None:
    """Rooms and teachers of some lessons more than 90 days ahead are blank, of nearer ones none."""
    known = {event["id"]: event["title"] for event in school_year(date(2027, 6, 30), PARIS)}
    far, near = [], []
    for event in school_year(date(2026, 9, 1), PARIS):
        same = event["title"] == known[event["id"]]
        (far if day_of(event) > date(2026, 11, 30) else near).append(same)
    assert all(near)
    assert not all(far)
    assert any(far)


def test_the_wire_s_times_are_the_school_s_clock() -> None:
    """A lesson at 8 is at 8 in Paris, in summer and in winter."""
    first = min(school_year(NOVEMBER, PARIS), key=lambda event: event["start"])
    moment = datetime.fromisoformat(first["start"])
    assert moment.astimezone(PARIS).strftime("%H:%M") == first["start"][11:16]
