"""Layouts of one line: parts with dashes between them, the hours and the kind as anchors.

Sources for ISEN Ouest, LISE, ISEN Méditerranée and ENSIIE: the formats that public programs rely on.
"""

import re
from collections.abc import Sequence

from scraper.parsing.title_fields import Classes, Title, build_title, dash_parts, join_note, single_name

_FROM_TO = re.compile(r"\d{1,2}h\d{2}\s+à\s+\d{1,2}h\d{2}")
_HOUR = re.compile(r"\d{1,2}[h:]\d{2}")
_DURATION = re.compile(r"\d{1,2}h\d{2}")
_IN_PARENTHESES = re.compile(r"\(\s*\d{1,2}[h:]\d{2}\s*\)")
_SURNAME = re.compile(r"[A-ZÀ-Ý][A-ZÀ-Ý' -]+")
_FIRST_NAME = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ][A-Za-zÀ-ÿ' -]*")
_PERSON = re.compile(r"(?:M\.|Mme|Mlle|Monsieur|Madame)\s+\S|(?=.*\b[A-ZÀ-Ý]{2,})[^\d\n]*\b[A-ZÀ-Ý][a-zà-ÿ]+")
_DASH_WITH_BLANKS = " - "
_COURSE_TYPE = re.compile(r"(?:(.*)[\s,])?FIS[AE]_([A-Z][A-Z0-9_]*)")
"""The type after the students' status (`FISE_TD`), with the words that may precede it."""


def isen_ouest(title: str, of: Classes) -> Title | None:
    """Parse `08h00 à 10h00 - room / room - type - subject - chapter - person / person - groups`, on one line."""
    parts = dash_parts(title)
    if len(parts) < 6 or not _FROM_TO.fullmatch(parts[0]):  # noqa: PLR2004 - a chapter may be missing
        return None
    at = _type_at(parts, of, range(2, len(parts) - 3))
    if at is None:
        return None
    return build_title(
        "isen-ouest",
        of,
        rooms=_DASH_WITH_BLANKS.join(parts[1:at]),
        kind=parts[at],
        subject=parts[at + 1],
        note=join_note([_DASH_WITH_BLANKS.join(p for p in parts[at + 2 : -2] if p), parts[-1]]),
        teachers=parts[-2],
    )


def isen_ouest_group(title: str, of: Classes) -> Title | None:
    """Parse `08h00 - 10h00 - type - subject - … - person - room`: a group's or a room's planning, the room last."""
    parts = dash_parts(title)
    if len(parts) < 5 or not (_HOUR.fullmatch(parts[0]) and _HOUR.fullmatch(parts[1])):  # noqa: PLR2004 - shortest
        return None
    if not of.confirms(parts[2]):
        return None
    between = parts[4:-1]
    person = between.pop() if between and _PERSON.match(between[-1]) else ""
    return build_title(
        "isen-ouest-group",
        of,
        rooms=parts[-1],
        kind=parts[2],
        subject=parts[3],
        note=_DASH_WITH_BLANKS.join(p for p in between if p),
        teachers=person,
    )


def lise(title: str, of: Classes) -> Title | None:
    """Parse `code - subject - type - person - room - 08:00 - 10:00 - 2h00 - label - group`; fields may be empty."""
    parts = dash_parts(title)
    slot = (_HOUR, _HOUR, _DURATION)
    at = next((n for n in range(4, len(parts) - 2) if all(map(re.fullmatch, slot, parts[n : n + 3]))), None)
    kind_at = _type_at(parts, of, range(2, at - 1)) if at else None
    if at is None or kind_at is None:
        return None
    subject, after = parts[1:kind_at], parts[at + 3 :]
    if after[: len(subject)] == subject:
        after = ["", *after[len(subject) :]]
    return build_title(
        "lise",
        of,
        rooms=single_name(parts[at - 1]),
        kind=parts[kind_at],
        subject=_DASH_WITH_BLANKS.join(subject),
        note=join_note([*after[:1], _DASH_WITH_BLANKS.join(after[1:])]),
        teachers=_DASH_WITH_BLANKS.join(parts[kind_at + 1 : at - 1]),
    )


def isen_mediterranee(title: str, of: Classes) -> Title | None:
    """Parse `08:00 - 10:00 - subject - NAME - First name - room - type - (02h00) - note - number`."""
    parts = dash_parts(title)
    at = next((n for n, part in enumerate(parts) if _IN_PARENTHESES.fullmatch(part)), 0)
    if at < 7 or not (_HOUR.fullmatch(parts[0]) and _HOUR.fullmatch(parts[1])):  # noqa: PLR2004 - the shortest
        return None
    if not of.confirms(parts[at - 1]):
        return None
    *subject, name, first_name, room = parts[2 : at - 1]
    for n in range(3, at - 2):
        # A room may contain a dash too, so a surname in capitals with a first name after it is the better anchor.
        if _SURNAME.fullmatch(parts[n]) and _FIRST_NAME.fullmatch(parts[n + 1]) and n + 2 < at - 1:
            subject, name, first_name = parts[2:n], parts[n], parts[n + 1]
            room = _DASH_WITH_BLANKS.join(parts[n + 2 : at - 1])
    number = parts[-1] if parts[-1].isdigit() else ""
    return build_title(
        "isen-mediterranee",
        of,
        rooms=room,
        kind=parts[at - 1],
        subject=_DASH_WITH_BLANKS.join(subject),
        note=_DASH_WITH_BLANKS.join(part for part in parts[at + 1 : len(parts) - bool(number)] if part),
        teachers=single_name(f"{name} {first_name}"),
    )


def ensiie(title: str, of: Classes) -> Title | None:
    """Parse `module - teaching unit - FISE_type - person - room`, or a conference.

    A conference's title is ` -  - subject - person - room - unit`.
    """
    parts = dash_parts(title)
    at = next((n for n in range(1, len(parts) - 1) if _COURSE_TYPE.fullmatch(parts[n])), None)
    found = _COURSE_TYPE.fullmatch(parts[at]) if at else None
    if found and at:
        rooms = _DASH_WITH_BLANKS.join(part for part in parts[at + 2 :] if part)
        unit = _DASH_WITH_BLANKS.join(part for part in (*parts[1:at], found[1] or "") if part)
        return build_title(
            "ensiie",
            of,
            rooms=rooms,
            note=unit,
            subject=parts[0],
            kind=found[2],
            teachers=parts[at + 1],
        )
    if len(parts) != 6 or parts[0] or parts[1] or not _PERSON.match(parts[3]):  # noqa: PLR2004 - a conference's
        return None
    return build_title("ensiie", of, rooms=parts[4], note=parts[5], subject=parts[2], kind="CONF", teachers=parts[3])


def _type_at(parts: Sequence[str], of: Classes, places: range) -> int | None:
    """Return the index of the type: the part equal to the class if there is one, else the first code."""
    exact = (n for n in places if parts[n] == of.code)
    return next(exact, next((n for n in places if of.confirms(parts[n])), None))
