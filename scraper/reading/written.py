"""Layouts that a school file writes (scraper.layout), read as our own functions read theirs."""

import re
from collections.abc import Sequence

from scraper.layout import WrittenLayout
from scraper.reading.layouts import Classes, Title, noted, parts_of, several, titled

_HOUR = re.compile(r"\d{1,2}[h:]\d{2}")
_SLOT = re.compile(r"\d{1,2}[h:]\d{2}\s*(?:-|à)\s*\d{1,2}[h:]\d{2}")


def as_written(layout: WrittenLayout, title: str, of: Classes) -> Title | None:
    """A layout that a school file writes: it fits where each field has its part, hours and kind looking like it."""
    parts = title.split("\n") if layout.separator == "\n" else _hours_whole(parts_of(title))
    found = layout.split(parts)
    if found is None:
        return None
    held = {field: own for field, own in found if field != "other"}
    if "kind" in held and not all(of.confirms(one, anchored=True) for one in held["kind"]):
        return None
    if "hours" in held and not all(_SLOT.fullmatch(one.strip()) for one in held["hours"]):
        return None
    told = {field: " ".join(own) for field, own in held.items()}
    return titled(
        "written",
        of,
        rooms=several(told.get("room", "")),
        note=noted(held.get("note", ())),
        subject=told["subject"],
        kind=told.get("kind", ""),
        teachers=several(told.get("teachers", "")),
    )


def _hours_whole(parts: Sequence[str]) -> list[str]:
    """The parts, two hours beside each other being one slot: a dash stands within it as well."""
    whole: list[str] = []
    for part in parts:
        if whole and _HOUR.fullmatch(part) and _HOUR.fullmatch(whole[-1]):
            whole[-1] += f" - {part}"
        else:
            whole.append(part)
    return whole
