"""Search schools by what a user types: a part of the name, a misspelt word, an address."""

import re
from difflib import SequenceMatcher
from unicodedata import combining, normalize
from urllib.parse import urlsplit

from scraper.config.schools.school_files import all_schools, school_at
from scraper.domain.school import School
from scraper.errors import SettingsError

CLOSE = 0.75
"""The minimum similarity (0 to 1) at which a typed word counts as a misspelling of another."""


def search_schools(typed: str) -> tuple[tuple[School, ...], bool]:
    """Return the schools that match by name or address, and whether the match is exact rather than by similarity.

    Raise SettingsError if a school file is invalid.
    """
    found = () if "/" in typed else matching_schools(typed)
    if found or not re.fullmatch(r"\S*[./]\S*", typed):
        return (found, True) if found else (resembling_schools(typed), False)
    try:
        return (school_at(typed),), True
    except SettingsError:
        return (), False


def matching_schools(typed: str) -> tuple[School, ...]:
    """Return the school with that id, or else those that contain every typed word, ignoring case and accents.

    Raise SettingsError if a school file is invalid.
    """
    wanted, schools = _plain(typed).split(), all_schools()
    exact = tuple(school for school in schools if _plain(school.id).split() == wanted)
    return exact or tuple(one for one in schools if wanted and all(word in _searchable(one) for word in wanted))


def resembling_schools(typed: str) -> tuple[School, ...]:
    """Return the schools with a word similar to each typed one. Raise SettingsError if a school file is invalid."""
    wanted = _plain(typed).split()
    return tuple(school for school in all_schools() if wanted and all(_resembles(word, school) for word in wanted))


def _searchable(school: School) -> str:
    return _plain(f"{school.id} {school.name} {urlsplit(school.base_url).hostname}")


def _resembles(word: str, school: School) -> bool:
    return any(SequenceMatcher(None, word, own).ratio() >= CLOSE for own in _searchable(school).split())


def _plain(text: str) -> str:
    letters = "".join(letter for letter in normalize("NFD", text.casefold()) if not combining(letter))
    return "".join(letter if letter.isalnum() or letter == "." else " " for letter in letters)
