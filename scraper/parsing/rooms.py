"""Recognition of rooms that share a line with a note, by comparison with the planning's other titles.

Junia's titles of four lines have `note - room` on one line, and both may contain dashes. If the line begins with the
dash, the room is certain. Those rooms, their campuses, and repeated texts show where the room begins in other lines.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from scraper.domain.text import fold_blanks
from scraper.parsing.title_fields import Title, join_note

_DASH = re.compile(r"(?<=\s)-(?=\s)")
_CAMPUS = re.compile(r"[A-Z]{2,}\d?")
_TWICE = 2


def recognise_rooms(titles: Mapping[str, Title]) -> dict[str, Title]:
    """Return the titles; a note's end that other titles show to be a room becomes the room of its title."""
    known = [fold_blanks(room) for title in titles.values() for room in title.rooms]
    whole = set(known)
    # A word before at least two different rooms is a campus; a single room may begin with any word.
    first_words = Counter(room.split()[0] for room in whole if " " in room)
    campuses = {word for word, times in first_words.items() if times >= _TWICE and _CAMPUS.fullmatch(word)}
    repeated = _find_repeated(title for title in titles.values() if _may_hold_room(title))
    return {
        name: _with_room(title, whole, campuses, repeated) if _may_hold_room(title) else title
        for name, title in titles.items()
    }


def _may_hold_room(title: Title) -> bool:
    return title.layout == "junia-4" and not title.rooms and bool(title.note)


def _with_room(title: Title, rooms: set[str], campuses: set[str], repeated: set[str]) -> Title:
    *before, last = title.note.split("\n")
    for note, room in _cuts(last):
        campus, _, rest = room.partition(" ")
        if room in rooms or room in repeated or (campus in campuses and rest[:1].isalnum()):
            return replace(title, rooms=(room,), note=join_note([*before, note]))
    return title


def _find_repeated(titles: Iterable[Title]) -> set[str]:
    """Return the texts that follow a dash in several titles with different notes before it."""
    notes: dict[str, set[str]] = {}
    for title in titles:
        for note, room in _cuts(title.note.split("\n")[-1]):
            notes.setdefault(room, set()).add(note)
    return {room for room, before in notes.items() if len(before) >= _TWICE}


def _cuts(line: str) -> Iterator[Sequence[str]]:
    """Yield the line split at each dash, the longest room first."""
    for dash in _DASH.finditer(line):
        yield fold_blanks(line[: dash.start()]), fold_blanks(line[dash.end() :])
