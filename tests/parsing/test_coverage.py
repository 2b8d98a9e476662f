"""No lesson is ever lost, and what is not proved is reported: against servers with every kind of cap."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.planning import Period
from scraper.domain.recording import Window
from scraper.parsing.coverage import MOST_REQUESTS, Answer, first_window, next_window, proofs
from tests.factories import PARIS

PERIOD = Period(first=date(2026, 9, 1), last=date(2027, 2, 28))
DAY = timedelta(days=1)
FULL = 7
"""Events that hardly come in order by chance, and hardly all in one morning."""


@dataclass(frozen=True)
class Server:
    """Answers a window with less than it was asked, as caps make it do."""

    starts: tuple[datetime, ...]
    days: int = 0
    events: int = 0
    shift: timedelta = timedelta(0)
    own_days: int = 7
    order: int | None = None
    from_end: bool = False

    @property
    def shows_each_day(self) -> bool:
        """Whether its cap leaves each day whole, and what it leaves out is the last."""
        return self.order is None and max(Counter(s.date() for s in self.starts).values(), default=0) <= self.events

    def answer(self, window: Window) -> Answer:
        """The starts (each lesson lasts an hour) that touch the window, as far as the caps let it."""
        start, end = window.start + self.shift, window.end + self.shift
        if self.days:
            cap = DAY * self.days
            start, end = (max(start, end - cap), end) if self.from_end else (start, min(end, start + cap))
        found = [s for s in self.starts if s < end and s + timedelta(hours=1) > start]
        if self.order is not None:
            Random(self.order).shuffle(found)  # noqa: S311 - a server without order, not a secret
        own = Window(start=window.start, end=window.start + DAY * self.own_days)
        return Answer(window=window, own=own, starts=tuple(found[: self.events or None]))


def converse(server: Server, period: Period = PERIOD) -> tuple[list[Answer], set[date]]:
    """All answers until nothing more is asked, and the days proved."""
    answers: list[Answer] = []
    while window := next_window(period, PARIS, answers):
        answers.append(server.answer(window))
        assert len(answers) <= MOST_REQUESTS
    return answers, {day for proof in proofs(period, PARIS, answers) for day in proof.period}


def lessons(days: list[int], a_day: int) -> tuple[datetime, ...]:
    """Lessons at 8:00, 10:00, … UTC on the days counted from the period's first."""
    first = datetime(2026, 9, 1, 8, tzinfo=UTC)
    return tuple(sorted(first + DAY * d + timedelta(hours=2 * h) for d in set(days) for h in range(a_day)))


plannings = st.builds(lessons, st.lists(st.integers(-20, 200), max_size=120), st.integers(1, 5))
servers = st.builds(
    Server,
    starts=plannings,
    days=st.sampled_from([0, 0, 7, 10, 14, 31, 60, 100]),
    events=st.sampled_from([0, 0, 3, 4, 7, 20, 50, 200]),
    shift=st.sampled_from([timedelta(hours=h) for h in (-2, -1, 0, 1, 2)]),
    own_days=st.sampled_from([6, 7]),
    order=st.sampled_from([None, None, 1, 2]),
).filter(lambda server: not server.events or server.events >= FULL or server.shows_each_day)


@given(servers)
def test_every_lesson_of_a_proved_day_was_answered(server: Server) -> None:
    """Whatever the caps, a day that is called proved has all its lessons in the answers."""
    answers, proved = converse(server)
    known = {start for answer in answers for start in answer.starts}
    lost = [s for s in server.starts if s.astimezone(PARIS).date() in proved and s not in known]
    assert not lost


@given(plannings)
def test_a_server_without_caps_proves_the_whole_period(starts: tuple[datetime, ...]) -> None:
    """Without a cap every day of six months is proved within the bound, however few lessons there are."""
    _, proved = converse(Server(starts=starts))
    assert proved == set(PERIOD)


def test_events_in_no_order_are_proved_by_halves() -> None:
    """An answer in no order proves nothing by its last event: its halves, each shorter than it, do."""
    answers, proved = converse(Server(starts=lessons(list(range(180)), 3), order=1))
    assert proved == set(PERIOD)
    assert len(answers) <= 5


def test_one_wide_window_and_one_proof_for_half_a_year() -> None:
    """Lessons through most of the period cost one request and one proof of what follows the last lesson."""
    answers, proved = converse(Server(starts=lessons(list(range(150)), 4)))
    assert len(answers) == 2
    assert proved == set(PERIOD)


def test_holidays_longer_than_the_cap_lose_nothing() -> None:
    """A cap of 14 days and holidays of 18: the lessons after them are found, and every day is proved."""
    days = [d for d in range(180) if not 40 <= d < 58]
    server = Server(starts=lessons(days, 4), days=14)
    answers, proved = converse(server)
    assert {s for a in answers for s in a.starts} >= set(server.starts)
    assert proved == set(PERIOD)


def test_a_month_s_view_is_not_believed_where_lessons_were_seen() -> None:
    """A page that asks for six weeks, a server that answers two: lessons behind holidays or a long gap are found."""
    after_holidays = [d for d in range(180) if not 40 <= d < 58]
    for days in (after_holidays, [*range(6), *range(120, 170)], [*range(10), *range(30, 35)]):
        server = Server(starts=lessons(days, 3), days=14, own_days=42)
        answers, proved = converse(server)
        assert {s for a in answers for s in a.starts} >= set(server.starts)
        assert proved == set(PERIOD)


def test_an_empty_planning_is_proved_in_weeks() -> None:
    """Where no event was ever seen, only windows as long as the page's own prove anything: six months fit the bound."""
    answers, proved = converse(Server(starts=()))
    assert len(answers) <= MOST_REQUESTS
    assert proved == set(PERIOD)


def test_a_cap_below_a_day_is_stated_not_hidden() -> None:
    """Of a server that answers five events where a day has seven, the days it cuts are not called proved."""
    server = Server(starts=lessons(list(range(30)), 7), events=5)
    answers, proved = converse(server, Period(first=date(2026, 9, 1), last=date(2026, 9, 10)))
    known = {start for answer in answers for start in answer.starts}
    assert all(s in known for s in server.starts if s.astimezone(PARIS).date() in proved)


def test_few_lessons_are_proved_with_few_questions() -> None:
    """One lesson in half a year, or three, are no sign of a cap: every day is proved by six answers at most."""
    for starts in (lessons([40], 1), lessons([40, 41], 2), lessons([3, 90, 170], 1)):
        answers, proved = converse(Server(starts=starts))
        assert proved == set(PERIOD)
        assert len(answers) <= 6


def test_a_cap_of_four_events_is_found_out() -> None:
    """A server that answers four events where a week has five: all lessons are found, and every day is proved."""
    server = Server(starts=lessons([d for d in range(30) if d % 7 < 5], 1), events=4)
    month = Period(first=PERIOD.first, last=date(2026, 9, 30))
    answers, proved = converse(server, month)
    assert {s for a in answers for s in a.starts} >= set(server.starts)
    assert proved == set(month)


@pytest.mark.parametrize("days", [7, 14, 31, 100])
def test_a_cap_on_days_before_the_end_is_found_out(days: int) -> None:
    """A server that answers the last days of what it was asked is asked for those before; holidays lose nothing."""
    weeks = [day for day in range(180) if day % 7 < 5 and not 50 <= day < 70]
    server = Server(starts=lessons(weeks, 3), days=days, from_end=True)
    answers, proved = converse(server)
    seen = {start for answer in answers for start in answer.starts}
    assert [start for start in server.starts if start.date() in proved and start not in seen] == []
    assert days < 10 or set(server.starts) <= seen


def test_the_first_window_is_a_day_wider_at_each_end() -> None:
    """The page's own request is shifted by the browser's offset, so a day more is asked at each end."""
    window = first_window(PERIOD, PARIS)
    assert window.start == datetime(2026, 8, 30, 22, tzinfo=UTC)
    assert window.end == datetime(2027, 3, 1, 23, tzinfo=UTC)


@given(st.sampled_from([7, 14, 31]), st.sampled_from([-2, 2]))
def test_a_cap_on_days_costs_no_day(days: int, shift: int) -> None:
    """With lessons on every weekday, a cap on days leaves no day unproved within the bound."""
    weekdays = [d for d in range(200) if d % 7 < 5]
    server = Server(starts=lessons(weekdays, 4), days=days, shift=timedelta(hours=shift))
    answers, proved = converse(server)
    assert proved == set(PERIOD), len(answers)
