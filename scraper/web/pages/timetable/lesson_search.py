"""Search in lessons, ignoring case and accents. Pure functions."""

from collections.abc import Iterable, Mapping

from scraper.domain.planning import Event
from scraper.domain.text import fold_short
from scraper.web.pages.timetable.lessons import Lesson

MOST_LETTERS = 200


def search_lessons(lessons: Iterable[Lesson], query: str, kinds: Mapping[str, str]) -> list[Lesson]:
    """Return the lessons that contain every word, in subject, room, teacher, kind or note.

    `kinds` maps the portal's event codes to words; code and words are both searched.
    """
    words = fold_short(query[:MOST_LETTERS]).split()
    return [lesson for lesson in lessons if all(word in searchable_text(lesson.event, kinds) for word in words)]


def searchable_text(event: Event, kinds: Mapping[str, str]) -> str:
    """Return all searchable text of an event, without case and accents."""
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
    return "\n".join(map(fold_short, texts))
