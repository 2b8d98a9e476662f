"""A week as a grid: each lesson's rows and columns, so that none is lost, outside, or over another. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scraper.domain.planning import DAY, Period
from scraper.web.pages.timetable.days import Part, parts
from scraper.web.pages.timetable.lessons import Lesson

STEP = 5
"""Minutes of a row."""
HOUR = 60 // STEP
ROWS = 24 * HOUR
LEAST = 6
"""Rows that a lesson needs to be read, whatever its length."""
LOW = 18
LANES = 12
"""Lessons that stand side by side; more at one time stand above the grid."""
MORNING, EVENING = 8, 18
"""The hours that a week shows at least."""
WORKING_DAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part in the grid: rows from `top` on, until before `bottom`, lines from 1 on; columns likewise."""

    part: Part
    top: int
    bottom: int
    left: int = 1
    right: int = 2

    lanes: int = 1

    @property
    def manner(self) -> str:
        """How much room there is: ` short` for one line, ` low` for a few, ` beside` where others stand beside it."""
        rows = self.bottom - self.top
        return f"{' short' if rows < HOUR else ' low' if rows < LOW else ''}{' beside' if self.lanes > 1 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the week: what stands above the grid, and what is in it."""

    day: date
    above: tuple[Part, ...]
    boxes: tuple[Box, ...]

    @property
    def parts(self) -> list[Part]:
        """All of it."""
        return [*self.above, *(box.part for box in self.boxes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Days from a Monday on; those of the weekend where something is on them. The grid shows from hour to hour."""

    days: tuple[Day, ...]
    first_hour: int
    last_hour: int

    @property
    def hours(self) -> int:
        """How many."""
        return self.last_hour - self.first_hour

    def row(self, minutes: int) -> int:
        """The grid's line for that minute of a day, the nearest where it is not shown."""
        return min(max(minutes // STEP - self.first_hour * HOUR, 0), self.hours * HOUR - 1) + 1


def week_of(lessons: Iterable[Lesson], monday: date, zone: ZoneInfo) -> Week:
    """The week from that Monday on."""
    on = parts(lessons, Period(first=monday, last=monday + 6 * DAY), zone)
    shown = max(WORKING_DAYS, *((day - monday).days + 1 for day in on), 0)
    days = [_day(monday + DAY * number, on, zone) for number in range(shown)]
    tops = [box.top // HOUR for day in days for box in day.boxes]
    bottoms = [-(-box.bottom // HOUR) for day in days for box in day.boxes]
    first, last = min((MORNING, *tops)), max((EVENING, *bottoms))
    moved = (Day(day=day.day, above=day.above, boxes=tuple(_from(box, first) for box in day.boxes)) for day in days)
    return Week(days=tuple(moved), first_hour=first, last_hour=last)


def stylesheet() -> str:
    """The classes that place a box, for no style may stand in a page: `t1` is the top line 1, `b`, `l`, `r` likewise.

    `h10` is a grid of ten hours.
    """
    rules = [f".h{hours}{{grid-template-rows:repeat({hours * HOUR},var(--row))}}" for hours in range(1, 25)]
    rules += [f".t{line}{{grid-row-start:{line}}}" for line in range(1, ROWS + 1)]
    rules += [f".b{line}{{grid-row-end:{line}}}" for line in range(2, ROWS + 2)]
    rules += [f".l{line}{{grid-column-start:{line}}}" for line in range(1, LANES + 1)]
    rules += [f".r{line}{{grid-column-end:{line}}}" for line in range(2, LANES + 2)]
    return "\n".join(rules)


def _day(day: date, on: Mapping[date, Sequence[Part]], zone: ZoneInfo) -> Day:
    here = on.get(day, ())
    boxes = sorted((_box(part, zone) for part in here if not part.whole), key=lambda box: (box.top, -box.bottom))
    placed, left = _side_by_side(boxes)
    return Day(day=day, above=(*(part for part in here if part.whole), *(box.part for box in left)), boxes=placed)


def _box(part: Part, zone: ZoneInfo) -> Box:
    """Its rows of the whole day, counted from 0; a lesson without length, or of an hour that comes twice, has some."""
    start, end = part.lesson.event.start.astimezone(zone), part.lesson.event.end.astimezone(zone)
    top = _minutes(start) // STEP if part.begins else 0
    bottom = -(-_minutes(end) // STEP) if part.ends and end.date() == part.day else ROWS
    if part.begins and end.timestamp() <= start.timestamp():
        bottom = top
    bottom = min(max(bottom, top + LEAST), ROWS)
    return Box(part=part, top=min(top, bottom - LEAST), bottom=bottom)


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _side_by_side(boxes: Sequence[Box]) -> tuple[tuple[Box, ...], list[Box]]:
    """Each with columns of its own among those that it meets, all as wide as can be; and those for which is no room."""
    knots = [_laned(knot) for knot in _knots(boxes)]
    most = max((len(lanes) for lanes, _ in knots), default=1)
    placed = [
        replace(box, left=n * most // len(lanes) + 1, right=(n + 1) * most // len(lanes) + 1, lanes=len(lanes))
        for lanes, _ in knots
        for n, lane in enumerate(lanes)
        for box in lane
    ]
    return tuple(sorted(placed, key=lambda box: (box.top, box.left))), [box for _, left in knots for box in left]


def _knots(boxes: Sequence[Box]) -> Iterator[list[Box]]:
    """Boxes, sorted by their tops, in groups of which none meets another group's."""
    knot: list[Box] = []
    for box in boxes:
        if knot and box.top >= max(other.bottom for other in knot):
            yield knot
            knot = []
        knot.append(box)
    if knot:
        yield knot


def _laned(knot: Sequence[Box]) -> tuple[list[list[Box]], list[Box]]:
    """In each lane boxes that do not meet; and what has no lane."""
    lanes: list[list[Box]] = []
    left: list[Box] = []
    for box in knot:
        free = next((lane for lane in lanes if lane[-1].bottom <= box.top), None)
        if free is not None:
            free.append(box)
        elif len(lanes) < LANES:
            lanes.append([box])
        else:
            left.append(box)
    return lanes, left


def _from(box: Box, hour: int) -> Box:
    """Its lines of a grid that begins at that hour."""
    return replace(box, top=box.top - hour * HOUR + 1, bottom=box.bottom - hour * HOUR + 1)
