"""Parsing of a planning's titles into room, note, subject, kind and teachers; for the layouts see `title_layouts`."""

from collections.abc import Mapping, Sequence
from functools import cache

from scraper.domain.title_layout import TitleLayout, parse_layout
from scraper.parsing.rooms import recognise_rooms
from scraper.parsing.title_fields import Classes, Title, classes
from scraper.parsing.title_layouts import LAYOUTS
from scraper.parsing.title_parts import split_title
from scraper.parsing.title_pattern import kinds_by_place, read_by_pattern, values_of, with_separator_inside
from scraper.parsing.unknown_layouts import Wire, plain, read_by_guess

_PARTS = 4
"""The number of lines, or parts of one line, from which a title follows a layout rather than being free text."""


def read_titles(
    wire: Mapping[str, tuple[str, str]], layouts: Sequence[str] = (), kinds: Mapping[str, str] | None = None
) -> dict[str, Title]:
    """Parse the cleaned titles of a planning, given by event id with their event's class; return them by event id.

    Each title is first parsed alone (`read_title`). The other titles then decide what is uncertain: which part contains
    the separator of a written layout, the order of fields in titles of unknown layouts, and where a room begins that
    shares a line with a note.
    """
    titles = {name: read_title(title, kind, layouts, kinds) for name, (title, kind) in wire.items()}
    for layout in filter(None, map(written_layout, layouts)):
        left = {name: wire[name] for name, title in titles.items() if title.layout == "plain"}
        titles |= _by_others(layout, left, wire, kinds)
    unread = {name: wire[name] for name, title in titles.items() if title.layout == "plain"}
    titles |= read_by_guess(unread, kinds)
    by_others = _known_parts(titles)
    for name, (title, kind) in unread.items():
        if titles[name].layout == "plain":
            titles[name] = plain(title, classes(kind, kinds), by_others)
    return recognise_rooms(titles)


def read_title(title: str, kind: str, layouts: Sequence[str] = (), kinds: Mapping[str, str] | None = None) -> Title:
    """Parse a cleaned title by the first layout that it fits: the school's (named or written), then the known ones.

    `kind` is the event's class as sent by the portal (`COURS_TD`, `est-epreuve`), `kinds` are the kinds that the school
    writes in words. Never fails: the layout `plain` accepts any title and loses nothing.
    """
    of = classes(kind, kinds)
    for name in dict.fromkeys((*layouts, *LAYOUTS)):
        if found := _read(name, title, of):
            return found
    return plain(title, of)


def is_unread(title: str, read: Title) -> bool:
    """Return whether a title has several parts, with any separator, that no known layout assigns to fields."""
    is_long = sum(part.strip() != "" for part in split_title(title)[1]) >= _PARTS
    return read.layout == "guessed" or (read.layout == "plain" and is_long)


def _by_others(layout: TitleLayout, unread: Wire, wire: Wire, kinds: Mapping[str, str] | None) -> dict[str, Title]:
    """Parse titles that fit a written layout only with the others' help: a kind, or a separator within a part."""
    unknown = kinds_by_place(layout, [(title, classes(kind, kinds)) for title, kind in wire.values()])
    of = {name: classes(kind, {**dict.fromkeys(unknown, ""), **(kinds or {})}) for name, (_, kind) in wire.items()}
    values: dict[str, set[str]] = {}
    for name, (title, _) in wire.items():
        for field, text in values_of(layout, title, of[name]).items():
            values.setdefault(field, set()).add(text)
    known = {field: frozenset(texts) for field, texts in values.items()}
    read = {
        name: read_by_pattern(layout, title, of[name]) or with_separator_inside(layout, title, of[name], known)
        for name, (title, _) in unread.items()
    }
    return {name: title for name, title in read.items() if title}


def _known_parts(titles: Mapping[str, Title]) -> Mapping[str, frozenset[str]]:
    """Return the teachers, rooms and subjects of titles that fit a layout."""
    sure = [title for title in titles.values() if title.layout != "plain"]
    return {
        "teachers": frozenset(teacher for title in sure for teacher in title.teachers),
        "room": frozenset(room for title in sure for room in title.rooms),
        "subject": frozenset(title.subject for title in sure if title.subject),
    }


def _read(name: str, title: str, of: Classes) -> Title | None:
    if known := LAYOUTS.get(name):
        return known(title, of)
    written = written_layout(name)
    return read_by_pattern(written, title, of) if written else None


@cache
def written_layout(name: str) -> TitleLayout | None:
    """Parse a written layout; return None for the name of a known layout, or for the syntax of another version."""
    if name in LAYOUTS:
        return None
    try:
        return parse_layout(name)
    except ValueError:
        return None
