"""A title's lines: which are room, note, subject, kind and teachers. The layouts themselves: layouts.py."""

from collections.abc import Sequence
from functools import cache, partial

from scraper.layout import written_layout
from scraper.reading.layouts import LAYOUTS, Layout, Title, classes, plain
from scraper.reading.written import as_written

__all__ = ["Title", "is_unread", "read_title"]

_PARTS = 4
"""So many lines, or parts between dashes, are a layout's and no free text."""


def read_title(title: str, kind: str, layouts: Sequence[str] = ()) -> Title:
    """The parts of a cleaned title, by the first layout that it fits: the school's (named or written), then others.

    `kind` is the event's class on the wire (`COURS_TD`, `est-epreuve`). Never fails: the layout `plain` takes
    what fits no other, and loses nothing.
    """
    of = classes(kind)
    for name in dict.fromkeys((*layouts, *LAYOUTS)):
        layout = _layout(name)
        if layout and (found := layout(title, of)):
            return found
    return plain(title, of)


def is_unread(title: str, read: Title) -> bool:
    """Whether a title has parts that no known layout tells apart."""
    parts = max(title.count("\n"), title.count(" - ")) + 1
    return parts >= _PARTS and read.layout == "plain"


@cache
def _layout(name: str) -> Layout | None:
    """The layout of that name, or that is written so; None where there is none: another version may have had it."""
    try:
        return LAYOUTS.get(name) or partial(as_written, written_layout(name))
    except ValueError:
        return None
