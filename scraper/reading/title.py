"""A title's lines: which are room, note, subject, kind and teachers. The layouts themselves: layouts.py."""

from collections.abc import Sequence

from scraper.reading.layouts import LAYOUTS, Title, classes, plain

__all__ = ["Title", "read_title"]


def read_title(title: str, kind: str, layouts: Sequence[str] = ()) -> Title:
    """The parts of a cleaned title, by the first layout that it fits: the school's `layouts`, then others.

    `kind` is the event's class on the wire (`COURS_TD`, `est-epreuve`). Never fails: the layout `plain` takes
    what fits no other, and loses nothing.
    """
    of = classes(kind)
    for name in dict.fromkeys((*layouts, *LAYOUTS)):
        layout = LAYOUTS.get(name)
        if layout and (found := layout(title, of)):
            return found
    return plain(title, of)
