"""A week as a grid: the rows and columns of each lesson, so that none is lost, outside or covered. Pure functions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scraper.domain.palette import COLORS
from scraper.domain.planning import DAY, Period
from scraper.web.pages.timetable.days import Part, split_by_day
from scraper.web.pages.timetable.lessons import Lesson

STEP = 5
"""Minutes per row."""
HOUR = 60 // STEP
ROWS = 24 * HOUR
LEAST = 6
"""Rows that a lesson needs to be readable, however short it is."""
LOW = 18
"""Rows below which a lesson shows only a few lines."""
LANES = 12
"""The most lessons side by side; further ones at the same time are listed above the grid."""
MORNING, EVENING = 8, 18
"""The hours that a week always shows."""
WORKING_DAYS = 5
PAPER = 15.5
"""The height of the grid on a landscape sheet of A4, in centimetres."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A part of a lesson in the grid.

    Rows and columns are CSS grid lines, counted from 1: from `top` until before `bottom`, from `left` until before
    `right`. `lanes` is the number of lessons side by side.
    """

    part: Part
    top: int
    bottom: int
    left: int = 1
    right: int = 2

    lanes: int = 1

    @property
    def size_classes(self) -> str:
        """CSS classes for the room in the box: ` short` for one line, ` low` for a few, ` beside` in shared columns."""
        rows = self.bottom - self.top
        return f"{' short' if rows < HOUR else ' low' if rows < LOW else ''}{' beside' if self.lanes > 1 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridDay:
    """A day of the week: the parts above the grid, and the boxes in it."""

    day: date
    above: tuple[Part, ...]
    boxes: tuple[Box, ...]

    @property
    def parts(self) -> list[Part]:
        """All parts of the day."""
        return [*self.above, *(box.part for box in self.boxes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Days from a Monday on, with the weekend only where it has lessons; the grid shows whole hours."""

    days: tuple[GridDay, ...]
    first_hour: int
    last_hour: int

    @property
    def hours(self) -> int:
        """The number of hours shown."""
        return self.last_hour - self.first_hour

    def row(self, minutes: int) -> int:
        """Return the grid line of that minute of the day, or the nearest one shown."""
        return min(max(minutes // STEP - self.first_hour * HOUR, 0), self.hours * HOUR - 1) + 1


def build_week(lessons: Iterable[Lesson], monday: date, zone: ZoneInfo) -> Week:
    """Return the week that starts on that Monday."""
    by_day = split_by_day(lessons, Period(first=monday, last=monday + 6 * DAY), zone)
    shown = max(WORKING_DAYS, *((day - monday).days + 1 for day in by_day), 0)
    days = [_build_day(monday + DAY * number, by_day, zone) for number in range(shown)]
    tops = [box.top // HOUR for day in days for box in day.boxes]
    bottoms = [-(-box.bottom // HOUR) for day in days for box in day.boxes]
    first, last = min((MORNING, *tops)), max((EVENING, *bottoms))
    shifted = (replace(day, boxes=tuple(_shift_to_hour(box, first) for box in day.boxes)) for day in days)
    return Week(days=tuple(shifted), first_hour=first, last_hour=last)


def stylesheet() -> str:
    """Return the classes that place and colour a box, because the security policy forbids inline styles.

    `t1` is the top line 1; `b`, `l` and `r` are the bottom, left and right lines; `h10` is a grid of ten hours.
    """
    rules = [f".h{hours}{{grid-template-rows:repeat({hours * HOUR},var(--row))}}" for hours in range(1, 25)]
    rules += [f"@media print{{.h{hours}{{--row:{PAPER / hours / HOUR:.3f}cm}}}}" for hours in range(1, 25)]
    rules += [f".t{line}{{grid-row-start:{line}}}" for line in range(1, ROWS + 1)]
    rules += [f".b{line}{{grid-row-end:{line}}}" for line in range(2, ROWS + 2)]
    rules += [f".l{line}{{grid-column-start:{line}}}" for line in range(1, LANES + 1)]
    rules += [f".r{line}{{grid-column-end:{line}}}" for line in range(2, LANES + 2)]
    rules += [f".{color}{{--course:{color}}}" for color in COLORS]
    return "\n".join(rules)


def _build_day(day: date, by_day: Mapping[date, Sequence[Part]], zone: ZoneInfo) -> GridDay:
    parts = by_day.get(day, ())
    boxes = sorted((_box(part, zone) for part in parts if not part.is_all_day), key=lambda box: (box.top, -box.bottom))
    placed, overflow = _side_by_side(boxes)
    return GridDay(
        day=day, above=(*(part for part in parts if part.is_all_day), *(box.part for box in overflow)), boxes=placed
    )


def _box(part: Part, zone: ZoneInfo) -> Box:
    """Return the part's box with rows of the whole day, from 0.

    A lesson without duration, or in the hour that occurs twice when clocks go back, gets some rows too.
    """
    start, end = part.lesson.event.start.astimezone(zone), part.lesson.event.end.astimezone(zone)
    top = _minutes(start) // STEP if part.is_first_day else 0
    bottom = -(-_minutes(end) // STEP) if part.is_last_day and end.date() == part.day else ROWS
    if part.is_first_day and end.timestamp() <= start.timestamp():
        bottom = top
    bottom = min(max(bottom, top + LEAST), ROWS)
    return Box(part=part, top=min(top, bottom - LEAST), bottom=bottom)


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _side_by_side(boxes: Sequence[Box]) -> tuple[tuple[Box, ...], list[Box]]:
    """Give the boxes that overlap columns of their own, as wide as possible; return those without room separately."""
    groups = [_assign_lanes(group) for group in _overlapping_groups(boxes)]
    columns = max((len(lanes) for lanes, _ in groups), default=1)
    placed = [
        replace(
            box, left=index * columns // len(lanes) + 1, right=(index + 1) * columns // len(lanes) + 1, lanes=len(lanes)
        )
        for lanes, _ in groups
        for index, lane in enumerate(lanes)
        for box in lane
    ]
    return tuple(sorted(placed, key=lambda box: (box.top, box.left))), [
        box for _, overflow in groups for box in overflow
    ]


def _overlapping_groups(boxes: Sequence[Box]) -> Iterator[list[Box]]:
    """Yield groups of overlapping boxes; `boxes` are sorted by their tops."""
    group: list[Box] = []
    for box in boxes:
        if group and box.top >= max(other.bottom for other in group):
            yield group
            group = []
        group.append(box)
    if group:
        yield group


def _assign_lanes(group: Sequence[Box]) -> tuple[list[list[Box]], list[Box]]:
    """Distribute the boxes over lanes in which none overlap; return those without a lane separately."""
    lanes: list[list[Box]] = []
    overflow: list[Box] = []
    for box in group:
        free = next((lane for lane in lanes if lane[-1].bottom <= box.top), None)
        if free is not None:
            free.append(box)
        elif len(lanes) < LANES:
            lanes.append([box])
        else:
            overflow.append(box)
    return lanes, overflow


def _shift_to_hour(box: Box, hour: int) -> Box:
    """Return the box with the lines of a grid that starts at that hour."""
    return replace(box, top=box.top - hour * HOUR + 1, bottom=box.bottom - hour * HOUR + 1)
