"""Coverage: no lesson is lost at servers with any limit, and days without an answer are not covered."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.planning import Period
from scraper.domain.recording import Window
from scraper.parsing.coverage import MOST_REQUESTS, Answer, first_window, next_window, proofs
from tests.cases import for_each
from tests.factories import PARIS

PERIOD = Period(first=date(2026, 9, 1), last=date(2027, 2, 28))
DAY = timedelta(days=1)
FULL = 7
"""Events that hardly come in order by chance, and hardly all in one morning."""


@dataclass(frozen=True)
class Server:
    """A server that answers less than it was asked, because of its limits."""

    starts: tuple[datetime, ...]
    days: int = 0
    events: int = 0
    shift: timedelta = timedelta(0)
    own_days: int = 7
    order: int | None = None
    from_end: bool = False

    @property
    def shows_each_day(self) -> bool:
        """Return whether its limit keeps each day complete, and leaves out the last ones."""
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
    """Return all answers until no further request is needed, and the covered days."""
    answers: list[Answer] = []
    while window := next_window(period, PARIS, answers):
        answers.append(server.answer(window))
        assert len(answers) <= MOST_REQUESTS
    return answers, {day for proof in proofs(period, PARIS, answers) for day in proof.period}


def lessons(days: list[int], a_day: int) -> tuple[datetime, ...]:
    """Return lessons at 8:00, 10:00, … UTC on these days of the period."""
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
def test_every_lesson_of_a_covered_day_was_answered(server: Server) -> None:
    """The limits of the server do not matter."""
    answers, covered = converse(server)
    known = {start for answer in answers for start in answer.starts}
    lost = [s for s in server.starts if s.astimezone(PARIS).date() in covered and s not in known]
    assert not lost


@given(plannings)
def test_server_without_limits_covers_the_whole_period(starts: tuple[datetime, ...]) -> None:
    """Every day of six months is covered within the bound, however few lessons there are."""
    _, covered = converse(Server(starts=starts))
    assert covered == set(PERIOD)


def test_unordered_events_are_covered_by_halves() -> None:
    """The last event of an unordered answer covers nothing; its shorter halves do."""
    answers, covered = converse(Server(starts=lessons(list(range(180)), 3), order=1))
    assert covered == set(PERIOD)
    assert len(answers) <= 5


def test_half_a_year_needs_two_requests() -> None:
    """One covers the lessons, the other the days after the last lesson."""
    answers, covered = converse(Server(starts=lessons(list(range(150)), 4)))
    assert len(answers) == 2
    assert covered == set(PERIOD)


def test_holidays_longer_than_the_limit_lose_no_lesson() -> None:
    """A cap of 14 days and holidays of 18: the lessons after them are found, and every day is proved."""
    days = [d for d in range(180) if not 40 <= d < 58]
    server = Server(starts=lessons(days, 4), days=14)
    answers, covered = converse(server)
    assert {s for a in answers for s in a.starts} >= set(server.starts)
    assert covered == set(PERIOD)


def test_limit_below_the_view_of_a_month_is_detected() -> None:
    """Lessons after holidays or a long gap are found."""
    after_holidays = [d for d in range(180) if not 40 <= d < 58]
    for days in (after_holidays, [*range(6), *range(120, 170)], [*range(10), *range(30, 35)]):
        server = Server(starts=lessons(days, 3), days=14, own_days=42)
        answers, covered = converse(server)
        assert {s for a in answers for s in a.starts} >= set(server.starts)
        assert covered == set(PERIOD)


def test_empty_planning_is_covered_week_by_week() -> None:
    """Without events only windows of the page's own length cover days; six months fit the bound."""
    answers, covered = converse(Server(starts=()))
    assert len(answers) <= MOST_REQUESTS
    assert covered == set(PERIOD)


def test_days_cut_by_a_limit_are_not_covered() -> None:
    """The server answers five events where a day has seven."""
    server = Server(starts=lessons(list(range(30)), 7), events=5)
    answers, covered = converse(server, Period(first=date(2026, 9, 1), last=date(2026, 9, 10)))
    known = {start for answer in answers for start in answer.starts}
    assert all(s in known for s in server.starts if s.astimezone(PARIS).date() in covered)


def test_few_lessons_need_few_requests() -> None:
    """One to three lessons in half a year are no sign of a limit."""
    for starts in (lessons([40], 1), lessons([40, 41], 2), lessons([3, 90, 170], 1)):
        answers, covered = converse(Server(starts=starts))
        assert covered == set(PERIOD)
        assert len(answers) <= 6


def test_limit_of_four_events_is_detected() -> None:
    """All lessons of weeks with five are found, and every day is covered."""
    server = Server(starts=lessons([d for d in range(30) if d % 7 < 5], 1), events=4)
    month = Period(first=PERIOD.first, last=date(2026, 9, 30))
    answers, covered = converse(server, month)
    assert {s for a in answers for s in a.starts} >= set(server.starts)
    assert covered == set(month)


@for_each("days", [7, 14, 31, 100])
def test_limit_at_the_end_of_the_window_is_detected(days: int) -> None:
    """A server that answers only the last days is asked for the days before."""
    weeks = [day for day in range(180) if day % 7 < 5 and not 50 <= day < 70]
    server = Server(starts=lessons(weeks, 3), days=days, from_end=True)
    answers, covered = converse(server)
    seen = {start for answer in answers for start in answer.starts}
    assert [start for start in server.starts if start.date() in covered and start not in seen] == []
    assert days < 10 or set(server.starts) <= seen


def test_first_window_is_a_day_wider_at_each_end() -> None:
    """The page's own request is shifted by the offset of the browser."""
    window = first_window(PERIOD, PARIS)
    assert window.start == datetime(2026, 8, 30, 22, tzinfo=UTC)
    assert window.end == datetime(2027, 3, 1, 23, tzinfo=UTC)


@given(st.sampled_from([7, 14, 31]), st.sampled_from([-2, 2]))
def test_limit_on_days_leaves_no_day_uncovered(days: int, shift: int) -> None:
    """The server has lessons on every weekday."""
    weekdays = [d for d in range(200) if d % 7 < 5]
    server = Server(starts=lessons(weekdays, 4), days=days, shift=timedelta(hours=shift))
    answers, covered = converse(server)
    assert covered == set(PERIOD), len(answers)
