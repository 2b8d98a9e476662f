"""Search schools by what a user types: a part of the name, a misspelt word, an address."""

import re

from scraper.config.schools.school_files import all_schools, school_at, search_words, similar_ids
from scraper.domain.school import School
from scraper.errors import SettingsError


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
    wanted, schools = search_words(typed), all_schools()
    exact = tuple(school for school in schools if search_words(school.id) == wanted)
    searched = ((school, " ".join(search_words(school.id, school.name, school.base_url))) for school in schools)
    return exact or tuple(one for one, text in searched if wanted and all(word in text for word in wanted))


def resembling_schools(typed: str) -> tuple[School, ...]:
    """Return the schools with a word similar to each typed one. Raise SettingsError if a school file is invalid."""
    close = similar_ids(typed)
    return tuple(school for school in all_schools() if school.id in close)
