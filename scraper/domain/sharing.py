"""How much of a timetable a subscriber gets. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, get_args

from scraper.domain.planning import Event
from scraper.domain.text import clean, fold

Content = Literal["all", "busy", "no-teachers", "exams", "courses"]
CONTENTS = get_args(Content)
WORD = re.compile("[\\w\u0300-\u036f\u00ad\u200d-\u200f]{2,}")
"""A word that can identify a teacher (initials are too short), with combining accents and invisible characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """The part of a timetable that a subscriber gets; the default is all of it.

    With `busy` only the times are left. `courses` are the subjects shared by `content = "courses"`, as the portal
    writes them.
    """

    content: Content = "all"
    courses: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether anything is left out."""
        return self.content != "all"

    def includes(self, event: Event, *, is_cancelled: bool) -> bool:
        """Return whether the subscriber gets the event; `busy` leaves out cancelled events, as their time is free."""
        match self.content:
            case "busy":
                return not is_cancelled
            case "exams":
                return event.is_exam
            case "courses":
                return fold(event.subject) in map(fold, self.courses)
        return True

    def removed_words(self, events: Iterable[Event]) -> frozenset[str]:
        """Return the words that are removed from all texts of the events, folded: those of all teachers' names."""
        teachers = {one for event in events for one in event.teachers} if self.content == "no-teachers" else set()
        return frozenset(fold(word) for teacher in teachers for word in WORD.findall(clean(teacher)))

    def reduce(
        self, event: Event, categories: tuple[str, ...], removed: frozenset[str]
    ) -> tuple[Event, tuple[str, ...]]:
        """Return the event and its categories without what the subscriber does not get, such as the `removed` words.

        Teachers also occur in other texts, therefore the portal's own title is left out.
        """
        if self.content == "busy":
            return Event(id="", start=event.start, end=event.end, all_day=event.all_day), ()
        if self.content != "no-teachers":
            return event, categories
        texts = {
            name: _remove_words(removed, getattr(event, name)) for name in ("subject", "kind", "note", "description")
        }
        rooms = (_remove_words(removed, room) for room in event.rooms)
        kept = (_remove_words(removed, category) for category in categories)
        reduced = replace(event, **texts, rooms=tuple(filter(None, rooms)), teachers=(), raw_title="")  # type: ignore[arg-type]
        return reduced, tuple(filter(None, kept))


EVERYTHING = Sharing()


def _remove_words(removed: frozenset[str], text: str) -> str:
    """Return the text without these words; unchanged where it has none."""
    cleaned = clean(text)
    shortened = WORD.sub(lambda word: "" if fold(word[0]) in removed else word[0], cleaned)
    return text if shortened == cleaned else re.sub(r"[ \t]{2,}", " ", shortened).strip(" ,;-")
