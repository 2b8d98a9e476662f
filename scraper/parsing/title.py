"""The titles of a planning: which parts are room, note, subject, kind and teachers. The layouts: layouts.py."""

from collections.abc import Mapping, Sequence
from functools import cache

from scraper.domain.title_layout import TitleLayout, parse_layout
from scraper.parsing.rooms import recognise_rooms
from scraper.parsing.signs import cut
from scraper.parsing.title_fields import Classes, Title, classes
from scraper.parsing.title_layouts import LAYOUTS
from scraper.parsing.title_pattern import as_written, kinds_by_place, values_of, with_separator_inside
from scraper.parsing.unknown_layouts import Wire, plain, read_by_guess

__all__ = ["Title", "is_unread", "read_title", "read_titles"]

_PARTS = 4
"""So many lines, or parts of one line, are a layout's and no free text."""


def read_titles(
    wire: Mapping[str, tuple[str, str]], layouts: Sequence[str] = (), kinds: Mapping[str, str] | None = None
) -> dict[str, Title]:
    """Read the cleaned titles of a planning, each with its event's class, by the id of the event.

    Each is first read by itself (`read_title`). What is then uncertain is decided by the other titles: which part
    holds the separator of a written layout, what is where in titles of no known layout, and where a room begins
    that shares a line with a note.
    """
    titles = {name: read_title(title, kind, layouts, kinds) for name, (title, kind) in wire.items()}
    for layout in filter(None, map(_written, layouts)):
        left = {name: wire[name] for name, title in titles.items() if title.layout == "plain"}
        titles |= _by_others(layout, left, wire, kinds)
    unread = {name: wire[name] for name, title in titles.items() if title.layout == "plain"}
    titles |= read_by_guess(unread, kinds)
    by_others = _known(titles)
    for name, (title, kind) in unread.items():
        if titles[name].layout == "plain":
            titles[name] = plain(title, classes(kind, kinds), by_others)
    return recognise_rooms(titles)


def read_title(title: str, kind: str, layouts: Sequence[str] = (), kinds: Mapping[str, str] | None = None) -> Title:
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
    is_long = sum(part.strip() != "" for part in cut(title)[1]) >= _PARTS
    return read.layout == "guessed" or (read.layout == "plain" and is_long)


def _by_others(layout: TitleLayout, unread: Wire, wire: Wire, kinds: Mapping[str, str] | None) -> dict[str, Title]:
    """Read the titles that a written layout fits only by what the others show: a kind, or a part with the separator."""
    unknown = kinds_by_place(layout, [(title, classes(kind, kinds)) for title, kind in wire.values()])
    of = {name: classes(kind, {**dict.fromkeys(unknown, ""), **(kinds or {})}) for name, (_, kind) in wire.items()}
    values: dict[str, set[str]] = {}
    for name, (title, _) in wire.items():
        for field, text in values_of(layout, title, of[name]).items():
            values.setdefault(field, set()).add(text)
    known = {field: frozenset(texts) for field, texts in values.items()}
    read = {
        name: as_written(layout, title, of[name]) or with_separator_inside(layout, title, of[name], known)
        for name, (title, _) in unread.items()
    }
    return {name: title for name, title in read.items() if title}


def _known(titles: Mapping[str, Title]) -> Mapping[str, frozenset[str]]:
    """The teachers, rooms and subjects of titles with a layout."""
    sure = [title for title in titles.values() if title.layout != "plain"]
    return {
        "teachers": frozenset(teacher for title in sure for teacher in title.teachers),
        "room": frozenset(room for title in sure for room in title.rooms),
        "subject": frozenset(title.subject for title in sure if title.subject),
    }


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
