"""Which days are proved by the answers so far, and what to ask next.

A server may answer less than it was asked and say nothing: so many days from the window's start or before its end, or
so many events. Only the answers themselves tell what it can cover. An answer proves the time up to its last event, from
its start or, where `FEWEST` or more events begin more than a week later, from the first of them; and a whole window,
where the window is no longer than a span that was seen to be covered and the answer is shorter than the longest one
seen. Where nothing was seen yet, what the page itself asks for (a week at least) is taken to be covered. Where even the
longest answer has fewer than `FEWEST` events, all of them at the start of what was asked, it is believed to the end of
that day, until another answer shows that it left something out.

Instants are those of the wire's windows, in UTC (a difference of two times in one zone would be that of their clocks).
Events are given by their start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.planning import DAY, Period
from scraper.domain.recording import Proof, Window

WIDE_MARGIN = timedelta(days=1)
"""Asked beyond a period at each end: the page shifts its request by the browser's offset (aurion.md 2.5)."""
MARGIN = timedelta(hours=3)
WEEK = timedelta(days=7)
FEWEST = 5
"""Hardly a server answers fewer events than this where there are more: its own page would show a week with holes."""
MOST_REQUESTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: its window on the wire, what the page itself had asked, the starts of its events as they came."""

    window: Window
    own: Window
    starts: tuple[datetime, ...]

    @property
    def in_order(self) -> bool:
        """Whether the events came by their start, so that what was left out can only be later."""
        return list(self.starts) == sorted(self.starts)

    @property
    def begin(self) -> datetime:
        """From when on it is seen to answer: the window's start, but the first of many events that come long after."""
        first = min(self.starts, default=self.window.start)
        late = first - self.window.start > WEEK + WIDE_MARGIN and len(self.starts) >= FEWEST
        return first if late else self.window.start

    @property
    def span(self) -> timedelta:
        """What the server was seen to cover, up to the last event."""
        return max(self.starts) - self.begin if self.starts else timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredRange:
    """Time from `start` to `end`, proved by the answer of that number."""

    start: datetime
    end: datetime
    answer: int


def first_window(period: Period, zone: ZoneInfo) -> Window:
    """The whole period in one window, a day wider at each end."""
    start, end = _bounds(period, zone)
    return Window(start=start - WIDE_MARGIN, end=end + WIDE_MARGIN)


def next_window(period: Period, zone: ZoneInfo, answers: Sequence[Answer]) -> Window | None:
    """What to ask next so that no lesson is lost; None when every day is proved or the bound is reached."""
    if not answers:
        return first_window(period, zone)
    gap = _first_gap(period, zone, answers)
    if gap is None or len(answers) >= MOST_REQUESTS:
        return None
    start, end = gap
    return Window(start=start - MARGIN, end=min(end, start + _length(start, answers)) + MARGIN)


def proofs(period: Period, zone: ZoneInfo, answers: Sequence[Answer]) -> tuple[Proof, ...]:
    """The days of the period that are proved as a whole, in runs, each with the answer that showed its last part."""
    found: list[Proof] = []
    stretches = _stretches(answers, zone)
    for day in period:
        one = Period(first=day, last=day)
        by = _covering(stretches, *_bounds(one, zone))
        if by is None:
            continue
        if found and found[-1].capture == by and found[-1].period.last + DAY == day:
            found[-1] = Proof(period=Period(first=found[-1].period.first, last=day), capture=by)
        else:
            found.append(Proof(period=one, capture=by))
    return tuple(found)


def _bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return period.start(zone).astimezone(UTC), period.end(zone).astimezone(UTC)


def _covered(answers: Sequence[Answer]) -> timedelta:
    """The longest window that the server is known to answer as a whole, but for a limit on events.

    What the page itself asks for is believed only while nothing was seen: a month's view of a server that answers two
    weeks would hide lessons behind holidays.
    """
    seen = [a.span for a in answers if a.starts] or [a.own.end - a.own.start for a in answers]
    return max([WEEK, *seen])


def _stretches(answers: Sequence[Answer], zone: ZoneInfo) -> list[CoveredRange]:
    covered = _covered(answers)
    most = max([1, *(len(a.starts) for a in answers)])
    cuts = most >= FEWEST or _cuts(answers, most, covered)
    in_order = all(a.in_order for a in answers)
    found = []
    for number, answer in enumerate(answers):
        window = answer.window
        start, end = window.start + MARGIN, window.end - MARGIN
        last = max(answer.starts, default=start) if in_order else start
        full = len(answer.starts) == most
        if full and not cuts and in_order and last <= start and window.end - window.start <= covered:
            end = min(_midnight_after(last, zone), end)
        elif full or window.end - window.start > covered:
            end = min(last, end)
        if window.end - window.start > covered:
            start = max(start, answer.begin)
        if end > start:
            found.append(CoveredRange(start=start, end=end, answer=number))
    return sorted(found, key=lambda s: (s.start, s.end))


def _cuts(answers: Sequence[Answer], most: int, covered: timedelta) -> bool:
    """Whether an answer of so many events was seen to leave out a later one of its own window."""
    full = [a for a in answers if len(a.starts) == most and a.window.end - a.window.start <= covered]
    starts = {start for a in answers for start in a.starts}
    return any(max(a.starts) < start < a.window.end - MARGIN for a in full for start in starts)


def _covering(stretches: Sequence[CoveredRange], start: datetime, end: datetime) -> int | None:
    """The answer that completes the proof of this time, None where a part of it is not proved."""
    by = None
    for stretch in stretches:
        if stretch.start <= start < stretch.end:
            start, by = stretch.end, stretch.answer
        if start >= end:
            return by
    return None


def _first_gap(period: Period, zone: ZoneInfo, answers: Sequence[Answer]) -> tuple[datetime, datetime] | None:
    """The first time that is neither proved nor given up, up to the next that is."""
    stretches = _stretches(answers, zone)
    reached, end = _bounds(period, zone)
    while reached < end:
        over = [s.end for s in stretches if s.start <= reached < s.end]
        if over:
            reached = max(over)
        elif _is_stuck(reached, answers):
            reached = _midnight_after(reached, zone)
        else:
            ahead = min((s.start for s in stretches if s.start > reached), default=end)
            return reached, min(ahead, end)
    return None


def _asked_from(start: datetime, answers: Sequence[Answer]) -> list[Answer]:
    return [a for a in answers if start - a.window.start in (MARGIN, WIDE_MARGIN)]


def _is_stuck(start: datetime, answers: Sequence[Answer]) -> bool:
    """Whether asking from here again could show nothing new: the shortest window worth asking was asked."""
    return any(a.window.end - a.window.start <= DAY + 2 * MARGIN for a in _asked_from(start, answers))


def _length(start: datetime, answers: Sequence[Answer]) -> timedelta:
    """As long as the server was seen to cover; half of what was asked from here before without proof."""
    asked = [a.window.end - a.window.start - 2 * MARGIN for a in _asked_from(start, answers)]
    return max(DAY, min([_covered(answers) - 2 * MARGIN, *(length / 2 for length in asked)]))


def _midnight_after(instant: datetime, zone: ZoneInfo) -> datetime:
    day = instant.astimezone(zone).date() + DAY
    return _bounds(Period(first=day, last=day), zone)[0]
