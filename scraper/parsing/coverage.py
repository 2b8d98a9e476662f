"""Days that the portal's answers cover, and the window to request next.

A server may silently answer less than was requested: only some days after the window's start or before its end, or only
some events. The limit can only be inferred from the answers.

An answer proves the time from its start to its last event; where `_FEWEST` or more events begin more than a week after
the start, only from the first of them. It proves its whole window if the window is no longer than a span that an answer
already covered, and the answer has fewer events than the longest one.

As long as no answer has events, the window that the page itself requests (at least a week) counts as covered. If even
the longest answer has fewer than `_FEWEST` events, all at the start of its window, it proves the time up to the end of
that day, until another answer shows that it omitted an event.

Instants are in UTC, like the windows in requests: Python subtracts two times in one zone by their wall clocks. Events
are represented by their start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.planning import DAY, Period
from scraper.domain.recording import Proof, Window

WIDE_MARGIN = timedelta(days=1)
"""Time requested beyond a period at each end: the page shifts its request by the browser's offset (aurion.md 2.5)."""
MARGIN = timedelta(hours=3)
_WEEK = timedelta(days=7)
_FEWEST = 5
"""The smallest plausible limit of events per answer: with a lower one, the portal's own page would lack lessons."""
MOST_REQUESTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: the window requested, the page's own window before it was widened, the events' starts as received."""

    window: Window
    own: Window
    starts: tuple[datetime, ...]

    @property
    def in_order(self) -> bool:
        """Whether the events are ordered by their start, so that only later ones can have been omitted."""
        return list(self.starts) == sorted(self.starts)

    @property
    def begin(self) -> datetime:
        """The start of the covered time: the window's start, or the first of many events if that is much later."""
        first = min(self.starts, default=self.window.start)
        late = first - self.window.start > _WEEK + WIDE_MARGIN and len(self.starts) >= _FEWEST
        return first if late else self.window.start

    @property
    def span(self) -> timedelta:
        """The length of the time that is proved, up to the last event."""
        return max(self.starts) - self.begin if self.starts else timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredRange:
    """The time from `start` to `end`, proved by the answer with the index `answer`."""

    start: datetime
    end: datetime
    answer: int


def first_window(period: Period, zone: ZoneInfo) -> Window:
    """Return the window for the whole period, a day wider at each end."""
    start, end = _bounds(period, zone)
    return Window(start=start - WIDE_MARGIN, end=end + WIDE_MARGIN)


def next_window(period: Period, zone: ZoneInfo, answers: Sequence[Answer]) -> Window | None:
    """Return the window to request next; None when every day is proved or after MOST_REQUESTS requests."""
    if not answers:
        return first_window(period, zone)
    gap = _first_gap(period, zone, answers)
    if gap is None or len(answers) >= MOST_REQUESTS:
        return None
    start, end = gap
    return Window(start=start - MARGIN, end=min(end, start + _length(start, answers)) + MARGIN)


def proofs(period: Period, zone: ZoneInfo, answers: Sequence[Answer]) -> tuple[Proof, ...]:
    """Return the ranges of fully proved days in the period, each with the index of the answer completing its proof."""
    found: list[Proof] = []
    ranges = _covered_ranges(answers, zone)
    for day in period:
        one = Period(first=day, last=day)
        by = _completing_answer(ranges, *_bounds(one, zone))
        if by is None:
            continue
        if found and found[-1].capture == by and found[-1].period.last + DAY == day:
            found[-1] = Proof(period=Period(first=found[-1].period.first, last=day), capture=by)
        else:
            found.append(Proof(period=one, capture=by))
    return tuple(found)


def _bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return period.start(zone).astimezone(UTC), period.end(zone).astimezone(UTC)


def _covered_length(answers: Sequence[Answer]) -> timedelta:
    """Return the longest window that the server is known to answer completely, apart from a limit on events.

    The window that the page itself requests counts only while no answer has events: with a monthly view and a server
    that answers two weeks, lessons after holidays would be lost.
    """
    seen = [a.span for a in answers if a.starts] or [a.own.end - a.own.start for a in answers]
    return max([_WEEK, *seen])


def _covered_ranges(answers: Sequence[Answer], zone: ZoneInfo) -> list[CoveredRange]:
    covered = _covered_length(answers)
    most = max([1, *(len(a.starts) for a in answers)])
    cuts = most >= _FEWEST or _omits_events(answers, most, covered)
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


def _omits_events(answers: Sequence[Answer], most: int, covered: timedelta) -> bool:
    """Return whether an answer with `most` events omitted a later event of its window, which another answer has."""
    full = [a for a in answers if len(a.starts) == most and a.window.end - a.window.start <= covered]
    starts = {start for a in answers for start in a.starts}
    return any(max(a.starts) < start < a.window.end - MARGIN for a in full for start in starts)


def _completing_answer(ranges: Sequence[CoveredRange], start: datetime, end: datetime) -> int | None:
    """Return the index of the answer that completes the proof of this time; None if a part of it is not proved."""
    by = None
    for covered in ranges:
        if covered.start <= start < covered.end:
            start, by = covered.end, covered.answer
        if start >= end:
            return by
    return None


def _first_gap(period: Period, zone: ZoneInfo, answers: Sequence[Answer]) -> tuple[datetime, datetime] | None:
    """Return the first time that is neither proved nor given up, up to the start of the next proved time."""
    ranges = _covered_ranges(answers, zone)
    reached, end = _bounds(period, zone)
    while reached < end:
        over = [s.end for s in ranges if s.start <= reached < s.end]
        if over:
            reached = max(over)
        elif any(a.window.end - a.window.start <= DAY + 2 * MARGIN for a in _requests_from(reached, answers)):
            # Another request from here is useless: the shortest useful window was already requested.
            reached = _midnight_after(reached, zone)
        else:
            ahead = min((s.start for s in ranges if s.start > reached), default=end)
            return reached, min(ahead, end)
    return None


def _requests_from(start: datetime, answers: Sequence[Answer]) -> list[Answer]:
    return [a for a in answers if start - a.window.start in (MARGIN, WIDE_MARGIN)]


def _length(start: datetime, answers: Sequence[Answer]) -> timedelta:
    """Return the length to request: the covered length, or half of an earlier request from here without proof."""
    asked = [a.window.end - a.window.start - 2 * MARGIN for a in _requests_from(start, answers)]
    return max(DAY, min([_covered_length(answers) - 2 * MARGIN, *(length / 2 for length in asked)]))


def _midnight_after(instant: datetime, zone: ZoneInfo) -> datetime:
    day = instant.astimezone(zone).date() + DAY
    return _bounds(Period(first=day, last=day), zone)[0]
