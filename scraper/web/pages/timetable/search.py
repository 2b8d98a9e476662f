"""Lessons that have the words looked for, whatever the case and the accents. Pure."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from scraper.domain.planning import Event
from scraper.domain.text import fold
from scraper.web.pages.timetable.lessons import Lesson

MOST_LETTERS = 200


def found(lessons: Iterable[Lesson], wanted: str, kinds: Mapping[str, str]) -> list[Lesson]:
    """Those in which every word stands, in subject, room, teacher, kind (in words, by `kinds`, or code) or note."""
    words = _folded(wanted[:MOST_LETTERS]).split()
    return [lesson for lesson in lessons if all(word in text_of(lesson.event, kinds) for word in words)]


def text_of(event: Event, kinds: Mapping[str, str]) -> str:
    """All that is searched of an event, folded."""
    kind = kinds.get(event.kind, "")
    texts = (
        event.subject,
        kind,
        event.kind.replace("_", " "),
        *event.rooms,
        *event.teachers,
        event.note,
        event.description,
    )
    return "\n".join(map(_folded, texts))


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    """The text folded, once: the subjects, teachers and rooms of a year are few."""
    return fold(text)
