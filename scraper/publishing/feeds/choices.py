"""Validate what a user chooses for a subscriber: the part of the timetable, and the last day."""

from collections.abc import Container, Sequence
from datetime import date
from itertools import count
from typing import cast, get_args

from scraper.domain.sharing import Content, Sharing
from scraper.domain.text import fold
from scraper.errors import SettingsError


def parse_sharing(content: str, courses: Sequence[str], known: Sequence[str]) -> Sharing:
    """Return the part of the timetable; `known` are its courses, none before the first export.

    Courses are accepted with `content` empty or `courses`. Raise SettingsError: "feed-content", "feed-no-course" where
    `courses` names none, "feed-course" where one is not known.
    """
    wanted = content or ("courses" if courses else "all")
    if wanted not in get_args(Content) or (courses and wanted != "courses"):
        raise SettingsError("feed-content", given=wanted)
    if wanted != "courses":
        return Sharing(content=cast("Content", wanted))
    names = {fold(course): course for course in known}
    for course in courses:
        if names and fold(course) not in names:
            raise SettingsError("feed-course", given=course, near=list(known))
    if not courses:
        raise SettingsError("feed-no-course", near=list(known))
    chosen = {fold(course): names.get(fold(course), course) for course in courses}
    return Sharing(content="courses", courses=tuple(chosen[key] for key in sorted(chosen)))


def parse_last_day(text: str, today: date) -> date | None:
    """Return the last day of a subscription, None for an empty text. Raise SettingsError("feed-until")."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise SettingsError("feed-until", given=text) from None
    if not today <= day < date.max:
        raise SettingsError("feed-until", given=text)
    return day


def find_free_label(label: str, taken: Container[str]) -> str:
    """Return the label, numbered where it is taken."""
    return next(one for number in count(1) if (one := label if number == 1 else f"{label} {number}") not in taken)
