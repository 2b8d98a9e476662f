"""Schools found by what a person types: a part of the name, of its letters, of the address."""

import re
from difflib import SequenceMatcher
from unicodedata import combining, normalize
from urllib.parse import urlsplit

from scraper.config.schools.files import all_schools, school_at
from scraper.domain.school import School
from scraper.errors import SettingsError

CLOSE = 0.75
"""How alike a word typed wrong and the right one are (0 to 1)."""


def schools_meant(typed: str) -> tuple[tuple[School, ...], bool]:
    """The schools that may be meant, by name or by address, and whether one alone would surely be it.

    Raises SettingsError where a school file is wrong.
    """
    found = () if "/" in typed else matching_schools(typed)
    if found or not re.fullmatch(r"\S*[./]\S*", typed):
        return (found, True) if found else (resembling_schools(typed), False)
    try:
        return (school_at(typed),), True
    except SettingsError:
        return (), False


def matching_schools(typed: str) -> tuple[School, ...]:
    """The schools meant, by name: the one with that id, else those that have every word typed.

    Case and accents do not count. Raises SettingsError where a school file is wrong.
    """
    wanted, schools = _plain(typed).split(), all_schools()
    exact = tuple(school for school in schools if _plain(school.id).split() == wanted)
    return exact or tuple(school for school in schools if wanted and all(word in _told(school) for word in wanted))


def resembling_schools(typed: str) -> tuple[School, ...]:
    """The schools that have a word much like each one typed. Raises SettingsError where a school file is wrong."""
    wanted = _plain(typed).split()
    return tuple(school for school in all_schools() if wanted and all(_resembles(word, school) for word in wanted))


def _told(school: School) -> str:
    return _plain(f"{school.id} {school.name} {urlsplit(school.base_url).hostname}")


def _resembles(word: str, school: School) -> bool:
    return any(SequenceMatcher(None, word, own).ratio() >= CLOSE for own in _told(school).split())


def _plain(text: str) -> str:
    letters = "".join(letter for letter in normalize("NFD", text.casefold()) if not combining(letter))
    return "".join(letter if letter.isalnum() or letter == "." else " " for letter in letters)
