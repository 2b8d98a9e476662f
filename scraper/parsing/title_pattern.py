"""Parsing of titles by a layout written in a school file (scraper.domain.title_layout), as by a known layout."""

from collections.abc import Mapping, Sequence

from scraper.domain.title_layout import TitleLayout
from scraper.parsing.kind_words import begins_as_kind
from scraper.parsing.title_fields import Classes, Title, build_title, join_note
from scraper.parsing.title_parts import is_hours, join_hours

ENOUGH = 5
"""The number of titles with known kinds that is required before an unknown text at the same place counts as a kind."""
_COMPARED = ("subject", "room", "teachers", "group")
"""Fields that may have the same text in other titles of the same planning."""

FieldParts = Sequence[tuple[str, Sequence[str]]]
"""The fields of a layout in their order, each with its parts of a title."""
Values = Mapping[str, frozenset[str]]
"""The texts that other titles have in a field."""


def read_by_pattern(layout: TitleLayout, title: str, of: Classes) -> Title | None:
    """Parse a title in which each field has its part and hours and kind look right; return None for any other."""
    field_parts = layout.split(_parts(layout, title))
    return _title(layout, field_parts, of) if field_parts and _fits(layout, field_parts, of) else None


def with_separator_inside(layout: TitleLayout, title: str, of: Classes, values: Values) -> Title | None:
    """Parse a title in which one part contains the separator, so that most fields have texts of other titles.

    Return None if no field has a text of another title, or if the two best readings are equally good.
    """
    ways = [way for way in layout.splits(_parts(layout, title)) if _fits(layout, way, of)]
    scores = [sum(text in values.get(field, ()) for field, text in texts_of(layout, way).items()) for way in ways]
    best = max(scores, default=0)
    if best == 0 or scores.count(best) > 1:
        return None
    return _title(layout, ways[scores.index(best)], of)


def kinds_by_place(layout: TitleLayout, titles: Sequence[tuple[str, Classes]]) -> frozenset[str]:
    """Return the unknown kinds of titles that fit otherwise; empty unless most titles have a known kind there."""
    known, unknown = 0, set()
    for title, of in titles:
        field_parts = layout.split(_parts(layout, title))
        kind = next((_join_parts(layout, own) for field, own in field_parts or () if field == "kind"), "")
        if field_parts and _fits(layout, field_parts, of):
            known += 1
        elif (
            field_parts and kind and _fits(layout, [(field, own) for field, own in field_parts if field != "kind"], of)
        ):
            unknown.add(kind)
    return frozenset(unknown) if known >= ENOUGH and known > len(titles) / 2 else frozenset()


def values_of(layout: TitleLayout, title: str, of: Classes) -> Mapping[str, str]:
    """Return the compared fields of a title that fits, with their texts; empty if it does not fit."""
    field_parts = layout.split(_parts(layout, title))
    return texts_of(layout, field_parts) if field_parts and _fits(layout, field_parts, of) else {}


def misfit(layout: TitleLayout, title: str, of: Classes) -> tuple[str, str]:
    """Return why a title does not fit, as a key of the catalogue, and the wrong part; ("", "") if it fits."""
    parts = _parts(layout, title)
    field_parts = layout.split(parts)
    if field_parts is None:
        return "parts", str(len(parts))
    for field, own in field_parts:
        wrong = next((one for one in own if not _looks_right(field, one, of)), None)
        if wrong is not None:
            return field, wrong
    return "", ""


def texts_of(layout: TitleLayout, field_parts: FieldParts) -> dict[str, str]:
    """Return the text of each compared field that has one."""
    texts = {field: _join_parts(layout, own) for field, own in field_parts if field in _COMPARED}
    return {field: text for field, text in texts.items() if text}


def _fits(layout: TitleLayout, field_parts: FieldParts, of: Classes) -> bool:
    longer = {number for number, (_, own) in enumerate(field_parts) if len(own) > 1} - {layout.several}
    if any(field_parts[number][0] in {"kind", "hours"} for number in longer):
        return False
    return all(_looks_right(field, one, of) for field, own in field_parts for one in own)


def _looks_right(field: str, part: str, of: Classes) -> bool:
    if field == "kind":
        return of.confirms(part, anchored=True) or begins_as_kind(part) != ""
    return field != "hours" or is_hours(part)


def _title(layout: TitleLayout, field_parts: FieldParts, of: Classes) -> Title:
    texts = {field: _join_parts(layout, own) for field, own in field_parts if field != "other"}
    notes = next((own for field, own in field_parts if field == "note"), ())
    return build_title(
        "written",
        of,
        rooms=texts.get("room", ""),
        note=join_note([*notes, texts.get("group", "")]),
        subject=texts["subject"],
        kind=texts.get("kind", ""),
        teachers=texts.get("teachers", ""),
    )


def _join_parts(layout: TitleLayout, parts: Sequence[str]) -> str:
    return (" " if layout.separator == "\n" else layout.separator).join(parts).strip()


def _parts(layout: TitleLayout, title: str) -> list[str]:
    """Return the parts of a title; if a dash is the separator, two adjacent hours are joined to one slot."""
    parts = layout.parts(title)
    return join_hours(parts) if layout.separator.strip() in {"-", "\u2013"} else parts
