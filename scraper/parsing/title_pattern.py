"""Layouts that a school file writes (scraper.domain.title_layout), read as the functions of `layouts` read theirs."""

from collections.abc import Mapping, Sequence

from scraper.domain.title_layout import TitleLayout
from scraper.parsing.kind_words import begins_as_kind
from scraper.parsing.signs import is_hours, joined_slots
from scraper.parsing.title_fields import Classes, Title, noted, several, titled

ENOUGH = 5
"""So many titles show that what is at one place of them is a kind."""
_COMPARED = ("subject", "room", "teachers", "group")
"""Fields of which other titles of the same planning may hold the same text."""

Dealt = Sequence[tuple[str, Sequence[str]]]
"""The fields of a layout in their order, each with its parts of a title."""
Values = Mapping[str, frozenset[str]]
"""The texts that other titles have in a field."""


def as_written(layout: TitleLayout, title: str, of: Classes) -> Title | None:
    """Read a title in which each field has its part, hours and kind looking like it; else None."""
    dealt = layout.split(_parts(layout, title))
    return _title(layout, dealt, of) if dealt and _fits(layout, dealt, of) else None


def with_separator_inside(layout: TitleLayout, title: str, of: Classes, values: Values) -> Title | None:
    """Read a title of which one part holds the separator: the part that leaves most fields as other titles have them.

    None where no field is as in another title, or where two readings are equally good.
    """
    ways = [way for way in layout.splits(_parts(layout, title)) if _fits(layout, way, of)]
    scores = [sum(text in values.get(field, ()) for field, text in texts_of(layout, way).items()) for way in ways]
    best = max(scores, default=0)
    if best == 0 or scores.count(best) > 1:
        return None
    return _title(layout, ways[scores.index(best)], of)


def kinds_by_place(layout: TitleLayout, titles: Sequence[tuple[str, Classes]]) -> frozenset[str]:
    """The kinds that nothing knows, of titles that fit but for them: most titles show that a kind is there."""
    known, unknown = 0, set()
    for title, of in titles:
        dealt = layout.split(_parts(layout, title))
        kind = next((_joined(layout, own) for field, own in dealt or () if field == "kind"), "")
        if dealt and _fits(layout, dealt, of):
            known += 1
        elif dealt and kind and _fits(layout, [(field, own) for field, own in dealt if field != "kind"], of):
            unknown.add(kind)
    return frozenset(unknown) if known >= ENOUGH and known > len(titles) / 2 else frozenset()


def values_of(layout: TitleLayout, title: str, of: Classes) -> Mapping[str, str]:
    """The compared fields of a title that fits, with their texts; empty where it does not fit."""
    dealt = layout.split(_parts(layout, title))
    return texts_of(layout, dealt) if dealt and _fits(layout, dealt, of) else {}


def misfit(layout: TitleLayout, title: str, of: Classes) -> tuple[str, str]:
    """Why a title does not fit, as a key of the words, and the part that is wrong; ("", "") where it fits."""
    parts = _parts(layout, title)
    dealt = layout.split(parts)
    if dealt is None:
        return "parts", str(len(parts))
    for field, own in dealt:
        wrong = next((one for one in own if not _looks_right(field, one, of)), None)
        if wrong is not None:
            return field, wrong
    return "", ""


def texts_of(layout: TitleLayout, dealt: Dealt) -> dict[str, str]:
    """The text of each compared field that has one."""
    texts = {field: _joined(layout, own) for field, own in dealt if field in _COMPARED}
    return {field: text for field, text in texts.items() if text}


def _fits(layout: TitleLayout, dealt: Dealt, of: Classes) -> bool:
    longer = {number for number, (_, own) in enumerate(dealt) if len(own) > 1} - {layout.several}
    if any(dealt[number][0] in {"kind", "hours"} for number in longer):
        return False
    return all(_looks_right(field, one, of) for field, own in dealt for one in own)


def _looks_right(field: str, part: str, of: Classes) -> bool:
    if field == "kind":
        return of.confirms(part, anchored=True) or begins_as_kind(part) != ""
    return field != "hours" or is_hours(part)


def _title(layout: TitleLayout, dealt: Dealt, of: Classes) -> Title:
    texts = {field: _joined(layout, own) for field, own in dealt if field != "other"}
    notes = next((own for field, own in dealt if field == "note"), ())
    return titled(
        "written",
        of,
        rooms=several(texts.get("room", "")),
        note=noted([*notes, texts.get("group", "")]),
        subject=texts["subject"],
        kind=texts.get("kind", ""),
        teachers=several(texts.get("teachers", "")),
    )


def _joined(layout: TitleLayout, parts: Sequence[str]) -> str:
    return (" " if layout.separator == "\n" else layout.separator).join(parts).strip()


def _parts(layout: TitleLayout, title: str) -> list[str]:
    """The parts of a title; where a dash separates, two hours beside each other are one slot."""
    parts = layout.parts(title)
    return joined_slots(parts) if layout.separator.strip() in {"-", "\u2013"} else parts
