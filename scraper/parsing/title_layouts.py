"""Known layouts of titles: one function for each, by name, which returns None for a title that does not fit.

Junia's layouts consist of lines, counted from the end, with the hours and the event's class as anchors. Those of one
line are in `one_line_layouts`. Source: recorded titles of Junia (2018 to 2026).
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from scraper.domain.title_layout import LAYOUT_NAMES
from scraper.parsing.one_line_layouts import ensiie, isen_mediterranee, isen_ouest, isen_ouest_group, lise
from scraper.parsing.title_fields import (
    DASH,
    Classes,
    Layout,
    Title,
    build_title,
    join_note,
    single_name,
)
from scraper.parsing.unknown_layouts import plain

_HOURS = re.compile(r"\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}")
_ROOM = re.compile(r"(?:[A-Z]{2,}\d?\s+)?(?:(?i:amphi|salle|labo|gymnase)\b|[A-Z]{1,3}\d?[ _-]?\d{2,4}\b)")
"""A room by its number or its common name, with or without the campus before it."""


def junia_4(title: str, of: Classes) -> Title | None:
    """Parse note and room, subject, hours, person (Junia, 2018 to summer 2022); the note may have several lines."""
    lines = title.split("\n")
    if len(lines) < 4 or not _HOURS.fullmatch(lines[-2].strip()) or _has_type(lines, of):  # noqa: PLR2004 - its lines
        return None
    *head, subject = lines[:-2]
    if len(head) > 1 and not DASH.search(head[-1]):
        return None
    note, room = _note_and_room(head)
    return build_title("junia-4", of, rooms=single_name(room), note=note, subject=subject, kind="", teachers=lines[-1])


def junia_5(title: str, of: Classes) -> Title | None:
    """Parse room, note, subject, type, person (Junia, since September 2024); the note may have several lines."""
    lines = title.split("\n")
    if len(lines) < 5 or not of.confirms(lines[-2]):  # noqa: PLR2004 - the lines of the layout's name
        return None
    return _junia(lines, of, "junia-5")


def junia_6(title: str, of: Classes) -> Title | None:
    """Parse room, note, subject, type, hours, person (Junia, October 2022 to September 2024; group plannings)."""
    lines = title.split("\n")
    if not _has_type(lines, of) or not _HOURS.fullmatch(lines[-2].strip()):
        return None
    return _junia([*lines[:-2], lines[-1]], of, "junia-6")


_FUNCTIONS: Mapping[str, Layout] = {
    "junia-4": junia_4, "junia-5": junia_5, "junia-6": junia_6, "isen-ouest": isen_ouest,
    "isen-ouest-group": isen_ouest_group, "isen-mediterranee": isen_mediterranee, "lise": lise, "ensiie": ensiie,
}  # fmt: skip
LAYOUTS: Mapping[str, Layout] = MappingProxyType({name: _FUNCTIONS[name] for name in LAYOUT_NAMES} | {"plain": plain})
"""All layouts by id, in the order in which they are tried on a title of an unknown school; the last fits any title."""


def _has_type(lines: Sequence[str], of: Classes) -> bool:
    """Return whether a type precedes the hours, with three more lines before it and no dash on the line before it."""
    if len(lines) < 6:  # noqa: PLR2004 - the lines of the layout's name
        return False
    line = lines[-3].strip()
    return line == of.code != "" or (of.confirms(line, anchored=True) and not DASH.match(lines[-4].lstrip()))


def _junia(lines: Sequence[str], of: Classes, layout: str) -> Title:
    room, *note, subject, kind, person = lines
    return build_title(
        layout, of, rooms=single_name(room), note=join_note(note), subject=subject, kind=kind, teachers=person
    )


def _note_and_room(head: Sequence[str]) -> tuple[str, str]:
    """Split Junia's `note - room`: at a dash at a line's start, else at one in the last line with a room after it."""
    for n in reversed(range(len(head))):
        if DASH.match(head[n].lstrip()):
            return join_note([*head[:n], *head[n + 1 :]]), head[n].lstrip()[1:]
    *before, last = head
    for dash in DASH.finditer(last):
        if _ROOM.match(last[dash.end() :].lstrip()) or not last[dash.end() :].strip():
            return join_note([*before, last[: dash.start()]]), last[dash.end() :]
    return join_note(head), ""
