"""Statistics of how well a school's own layouts fit a planning's titles, for maintainers of a school's file."""

from collections.abc import Mapping
from dataclasses import dataclass

from scraper.domain.planning import Planning
from scraper.domain.school import School
from scraper.parsing.title import is_unread, read_titles, written_layout
from scraper.parsing.title_fields import classes
from scraper.parsing.title_pattern import misfit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A layout of the school's file, and the number of titles that it fits."""

    layout: str
    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """The first title that no layout fits; `reason` is a key of the catalogue, empty if the school has no layout.

    `number` is the position of the wrong line or part in the title, `part` is its text.
    """

    title: str
    reason: str = ""
    number: int = 0
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutFits:
    """The result for all layouts of a school: the fit of each, the number of titles left, and the first of these."""

    fits: tuple[Fit, ...]
    left: int
    first: Misfit | None


def measure_fit(planning: Planning, school: School) -> LayoutFits:
    """Try each of the school's layouts alone on all titles of the planning."""
    wire = {event.id: (event.raw_title, event.raw_kind) for event in planning.events}
    fits: list[Fit] = []
    fitted: set[str] = set()
    for layout in school.layouts:
        name = "written" if written_layout(layout) else layout
        read = read_titles(wire, (layout,), school.kinds)
        own = {number for number, title in read.items() if title.layout == name}
        fits.append(Fit(layout=layout, count=len(own), of=len(wire)))
        fitted |= own
    whole = read_titles(wire, school.layouts, school.kinds)
    left = [n for n, title in whole.items() if title.layout in {"plain", "guessed"} and n not in fitted]
    if not school.layouts:
        left = [number for number in left if is_unread(wire[number][0], whole[number])]
    first = (
        _explain_misfit(wire[left[0]], max(fits, key=lambda fit: fit.count, default=None), school.kinds)
        if left
        else None
    )
    return LayoutFits(fits=tuple(fits), left=len(left), first=first)


def _explain_misfit(wire: tuple[str, str], best: Fit | None, kinds: Mapping[str, str]) -> Misfit:
    """Return why the layout that fits most titles does not fit this one."""
    title, kind = wire
    layout = written_layout(best.layout) if best else None
    if layout is None:
        return Misfit(title=title)
    reason, part = misfit(layout, title, classes(kind, kinds))
    if not reason:
        return Misfit(title=title)
    if reason == "parts":
        return Misfit(title=title, reason=reason, number=int(part), part=str(len(layout.fields)))
    parts = layout.parts(title)
    number = parts.index(part) + 1 if part in parts else 1
    where = "line" if layout.separator == "\n" else "part"
    return Misfit(title=title, reason=f"{reason}-{where}", number=number, part=part)
