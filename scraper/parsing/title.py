"""The titles of a planning: which parts are room, note, subject, kind and teachers. The layouts: layouts.py."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from scraper.domain.title_layout import TitleLayout, parse_layout
from scraper.parsing.rooms import recognise_rooms
from scraper.parsing.title_fields import Classes, Title, classes
from scraper.parsing.title_layouts import LAYOUTS, plain
from scraper.parsing.title_pattern import as_written, values_of, with_separator_inside

__all__ = ["Title", "is_unread", "read_title", "read_titles"]

_PARTS = 4
"""So many lines, or parts of one line, are a layout's and no free text."""
_SIGNS = re.compile(r"\n|\s[-\u2013\u2014•·/]\s|\s?[|;]\s?|\s?::\s?|,\s")


def read_titles(
    wire: Mapping[str, tuple[str, str]], layouts: Sequence[str] = (), kinds: Collection[str] = ()
) -> dict[str, Title]:
    """Read the cleaned titles of a planning, each with its event's class, by the id of the event.

    Each is first read by itself (`read_title`). What is then uncertain is decided by the other titles: which part
    holds the separator of a written layout, and where a room begins that shares a line with a note.
    """
    titles = {name: read_title(title, kind, layouts, kinds) for name, (title, kind) in wire.items()}
    for layout in filter(None, map(_written, layouts)):
        values: dict[str, set[str]] = {}
        for title, kind in wire.values():
            for field, text in values_of(layout, title, classes(kind, kinds)).items():
                values.setdefault(field, set()).add(text)
        known = {field: frozenset(texts) for field, texts in values.items()}
        for name, (title, kind) in wire.items():
            if titles[name].layout == "plain":
                found = with_separator_inside(layout, title, classes(kind, kinds), known)
                titles[name] = found or titles[name]
    return recognise_rooms(titles)


def read_title(title: str, kind: str, layouts: Sequence[str] = (), kinds: Collection[str] = ()) -> Title:
    """Read the parts of a cleaned title by the first layout that it fits: the school's (named or written), then others.

    `kind` is the event's class on the wire (`COURS_TD`, `est-epreuve`), `kinds` those that the school writes in words.
    Never fails: the layout `plain` takes what fits no other, and loses nothing.
    """
    of = classes(kind, kinds)
    for name in dict.fromkeys((*layouts, *LAYOUTS)):
        if found := _read(name, title, of):
            return found
    return plain(title, of)


def is_unread(title: str, read: Title) -> bool:
    """Whether a title has parts that no known layout separates, whatever sign is between them."""
    return read.layout == "plain" and len([part for part in _SIGNS.split(title) if part.strip()]) >= _PARTS


def separators(title: str) -> list[str]:
    """Return the signs between a title's parts, without the blanks around them; a line's end stays one."""
    return [sign.strip() or sign for sign in _SIGNS.findall(title)]


def _read(name: str, title: str, of: Classes) -> Title | None:
    if known := LAYOUTS.get(name):
        return known(title, of)
    written = _written(name)
    return as_written(written, title, of) if written else None


@cache
def _written(name: str) -> TitleLayout | None:
    """The layout that is written so; None where it is a known name, or of another version."""
    if name in LAYOUTS:
        return None
    try:
        return parse_layout(name)
    except ValueError:
        return None
