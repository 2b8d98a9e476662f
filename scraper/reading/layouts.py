"""How schools lay out an event's title, a function each: a Title, or None where the title does not fit.

Junia's are lines, counted from the end; the others one line of parts with dashes between. The hours and the
event's class are the anchors. Sources: recorded titles of Junia (2018 to 2026); for ISEN Ouest and LISE what
public programs rely on.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from scraper.reading.text import folded

EXAM_CLASS = "est-epreuve"
"""The class that stands in the place of an exam's type."""

_CODE = re.compile(r"[A-Z][A-Z0-9_]+")
_EXAM = re.compile(r"(?:DS|EXAM|EVALUATION)(?:_.*)?")
_HOURS = re.compile(r"\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}")
_FROM_TO = re.compile(r"\d{1,2}h\d{2}\s+à\s+\d{1,2}h\d{2}")
_HOUR = re.compile(r"\d{1,2}[h:]\d{2}")
_DURATION = re.compile(r"\d{1,2}h\d{2}")
_PERSON = re.compile(r"(?:M\.|Mme|Mlle|Monsieur|Madame)\s+\S|(?=.*\b[A-ZÀ-Ý]{2,})[^\d\n]*\b[A-ZÀ-Ý][a-zà-ÿ]+")
_DASH = re.compile(r"(?:^|(?<=\s))-(?=\s|$)")
_ROOM = re.compile(r"(?i:amphi|salle|labo|gymnase)\b|(?:[A-Z]{2,}\d?\s)?[A-Z]{1,3}\d?[ _-]?\d{2,4}\b")
_ROOM_MARK = " - "
KNOWN_KINDS = frozenset(
    {
        *("COURS", "COURS_TD", "COURS_TD_DIST", "CI", "CM", "CM_DIST", "CM_AUTO_GERE_PLANIFIE"),
        *("TD", "TD_AUTO_GERE_PLANIFIE", "ED_TD", "TP", "TP_DIST", "TP_AUTO_GERE_PLANIFIE", "ED_TP"),
        *("PROJET", "PROJET_AUTO_GERE", "AUTO_GERE", "AUTO_APPR", "E_LEARNING", "REUNION", "PROMO"),
        *("DS", "DS_SURV", "EXAM", "EXAM_SURV", "EVALUATION", "SOUTENANCE", "ATELIER", "VISITE", "CONF"),
        *("CONGES", "MANIF", "ASSOCIATIF", "ENTRETIEN", "SEMINAIRE"),
    }
)
"""The portal's codes seen so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What a title says. `note` keeps its lines; `kind` is the portal's code; `layout` is how it was read."""

    rooms: tuple[str, ...] = ()
    note: str = ""
    subject: str = ""
    kind: str = ""
    teachers: tuple[str, ...] = ()
    is_exam: bool = False
    layout: str


@dataclass(frozen=True, slots=True)
class Classes:
    """An event's class, split: its `code` (empty for an exam's) and whether it marks an exam."""

    code: str
    exam: bool

    def confirms(self, line: str, *, anchored: bool = False) -> bool:
        """Whether `line` is the type: the class, a known code, or any where an anchor or exam vouches."""
        line = line.strip()
        return line != "" and (
            line == self.code or line in KNOWN_KINDS or ((anchored or self.exam) and _CODE.fullmatch(line) is not None)
        )

    def kind(self, line: str = "") -> str:
        """The event's kind: the class where it is a code, else what the title's type says."""
        line = line.strip()
        return self.code if _CODE.fullmatch(self.code) else line or self.code

    def is_exam(self, kind: str) -> bool:
        """Whether it is an exam, by class or kind (`DS_SURV`); a `SOUTENANCE` only if the class says so."""
        return self.exam or _EXAM.fullmatch(kind) is not None


Layout = Callable[[str, Classes], Title | None]


def classes(kind: str) -> Classes:
    """The classes of an event, from the text that the wire has for them."""
    names = kind.split()
    return Classes(" ".join(n for n in names if n != EXAM_CLASS), EXAM_CLASS in names)


def plain(title: str, of: Classes) -> Title:
    """Any title: its first line with a word in it is the subject, all others the note. Loses nothing."""
    lines = [line.strip() for line in title.split("\n")]
    first = next((n for n, line in enumerate(lines) if _says_something(line)), None)
    subject = folded(lines[first]) if first is not None else ""
    note = noted(line for n, line in enumerate(lines) if n != first)
    kind = of.kind()
    return Title(subject=subject, note=note, kind=kind, is_exam=of.is_exam(kind), layout="plain")


def junia_4(title: str, of: Classes) -> Title | None:
    """Note and room, subject, hours, person (Junia, 2018 to summer 2022); the note may be several lines."""
    lines = title.split("\n")
    if len(lines) < 4 or not _HOURS.fullmatch(lines[-2].strip()) or _has_type(lines, of):  # noqa: PLR2004 - the name's
        return None
    *head, subject = lines[:-2]
    if len(head) > 1 and not _DASH.search(head[-1]):
        return None
    note, room = _note_and_room(head)
    kind = of.kind()
    return Title(
        rooms=_some(room),
        note=note,
        subject=folded(subject),
        kind=kind,
        teachers=several(lines[-1]),
        is_exam=of.is_exam(kind),
        layout="junia-4",
    )


def junia_5(title: str, of: Classes) -> Title | None:
    """Room, note, subject, type, person (Junia, since September 2024); the note may be several lines."""
    lines = title.split("\n")
    if len(lines) < 5 or not of.confirms(lines[-2]):  # noqa: PLR2004 - the lines of the layout's name
        return None
    return _junia(lines, of, "junia-5")


def junia_6(title: str, of: Classes) -> Title | None:
    """Room, note, subject, type, hours, person (Junia, October 2022 to September 2024; group plannings)."""
    lines = title.split("\n")
    if not _has_type(lines, of) or not _HOURS.fullmatch(lines[-2].strip()):
        return None
    return _junia([*lines[:-2], lines[-1]], of, "junia-6")


def isen_ouest(title: str, of: Classes) -> Title | None:
    """`08h00 à 10h00 - room / room - type - subject - chapter - person / person - groups`, on one line."""
    parts = parts_of(title)
    if len(parts) < 6 or not _FROM_TO.fullmatch(parts[0]):  # noqa: PLR2004 - a chapter may be missing
        return None
    at = _type_at(parts, of, range(2, len(parts) - 3))
    if at is None:
        return None
    return titled(
        "isen-ouest",
        of,
        rooms=several(_ROOM_MARK.join(parts[1:at])),
        kind=parts[at],
        subject=parts[at + 1],
        note=noted([_ROOM_MARK.join(p for p in parts[at + 2 : -2] if p), parts[-1]]),
        teachers=several(parts[-2]),
    )


def isen_ouest_group(title: str, of: Classes) -> Title | None:
    """`08h00 - 10h00 - type - subject - … - person - room`: a group's or a room's planning, the room last."""
    parts = parts_of(title)
    if len(parts) < 5 or not (_HOUR.fullmatch(parts[0]) and _HOUR.fullmatch(parts[1])):  # noqa: PLR2004 - shortest
        return None
    if not of.confirms(parts[2]):
        return None
    between = parts[4:-1]
    person = between.pop() if between and _PERSON.match(between[-1]) else ""
    return titled(
        "isen-ouest-group",
        of,
        rooms=several(parts[-1]),
        kind=parts[2],
        subject=parts[3],
        note=_ROOM_MARK.join(p for p in between if p),
        teachers=several(person),
    )


def lise(title: str, of: Classes) -> Title | None:
    """`code - subject - type - person - room - 08:00 - 10:00 - 2h00 - label - group`; fields may be empty."""
    parts = parts_of(title)
    at = next((n for n in range(4, len(parts) - 2) if _is_slot(parts[n : n + 3])), None)
    kind_at = _type_at(parts, of, range(2, at - 1)) if at else None
    if at is None or kind_at is None:
        return None
    subject, after = parts[1:kind_at], parts[at + 3 :]
    if after[: len(subject)] == subject:
        after = ["", *after[len(subject) :]]
    return titled(
        "lise",
        of,
        rooms=_some(parts[at - 1]),
        kind=parts[kind_at],
        subject=_ROOM_MARK.join(subject),
        note=noted([*after[:1], _ROOM_MARK.join(after[1:])]),
        teachers=several(_ROOM_MARK.join(parts[kind_at + 1 : at - 1])),
    )


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "junia-6": junia_6,
        "junia-5": junia_5,
        "junia-4": junia_4,
        "isen-ouest": isen_ouest,
        "isen-ouest-group": isen_ouest_group,
        "lise": lise,
        "plain": plain,
    }
)
"""Every layout by its id, in the order in which a title of an unknown school is tried; the last fits any."""


def _has_type(lines: Sequence[str], of: Classes) -> bool:
    """Whether a type stands before the hours: three lines precede it, and no dash that ends a note."""
    if len(lines) < 6:  # noqa: PLR2004 - the lines of the layout's name
        return False
    line = lines[-3].strip()
    return line == of.code != "" or (of.confirms(line, anchored=True) and not _DASH.match(lines[-4].lstrip()))


def _junia(lines: Sequence[str], of: Classes, layout: str) -> Title:
    room, *note, subject, kind, person = lines
    return titled(layout, of, rooms=_some(room), note=noted(note), subject=subject, kind=kind, teachers=several(person))


def titled(
    layout: str,
    of: Classes,
    *,
    rooms: tuple[str, ...],
    note: str,
    subject: str,
    kind: str,
    teachers: tuple[str, ...],
) -> Title:
    """A title whose parts are told apart; its kind and whether it is an exam as the class says."""
    code = of.kind(kind)
    return Title(
        rooms=rooms,
        note=note,
        subject=folded(subject),
        kind=code,
        teachers=teachers,
        is_exam=of.is_exam(code),
        layout=layout,
    )


def _note_and_room(head: Sequence[str]) -> tuple[str, str]:
    """Junia's `note - room`: a dash at a line's start ends the note; one within it, where a room follows."""
    for n in reversed(range(len(head))):
        if _DASH.match(head[n].lstrip()):
            return noted([*head[:n], *head[n + 1 :]]), head[n].lstrip()[1:]
    *before, last = head
    for dash in _DASH.finditer(last):
        if _ROOM.match(last[dash.end() :].lstrip()) or not last[dash.end() :].strip():
            return noted([*before, last[: dash.start()]]), last[dash.end() :]
    return noted(head), ""


def _type_at(parts: Sequence[str], of: Classes, places: range) -> int | None:
    """Where the type stands: at the class itself if it is there, else at the first code."""
    exact = (n for n in places if parts[n] == of.code)
    return next(exact, next((n for n in places if of.confirms(parts[n])), None))


def _is_slot(parts: Sequence[str]) -> bool:
    return bool(_HOUR.fullmatch(parts[0]) and _HOUR.fullmatch(parts[1]) and _DURATION.fullmatch(parts[2]))


def parts_of(title: str) -> list[str]:
    """The parts of one line, between dashes."""
    return [folded(part) for part in _DASH.split(title)]


def _says_something(line: str) -> bool:
    return not _HOURS.fullmatch(line) and any(c.isalpha() for c in line)


def noted(lines: Iterable[str]) -> str:
    """A note's lines, without the blank ones."""
    kept = (folded(line) for line in lines)
    return "\n".join(line for line in kept if line)


def _some(text: str) -> tuple[str, ...]:
    return (folded(text),) if text.strip() else ()


def several(text: str) -> tuple[str, ...]:
    """Rooms or teachers, where a slash stands between them."""
    return tuple(folded(one) for one in re.split(r"\s/(?=\s|$)|^/\s", text) if one.strip())
