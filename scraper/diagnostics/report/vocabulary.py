"""The words allowed in a report: those of portals, menus and calendars. Any other word may be personal data."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from scraper.config.schools.school_files import shipped_tables
from scraper.domain.text import fold
from scraper.i18n import LANGUAGES, Catalogue
from scraper.parsing.kind_words import known_kind_words
from scraper.parsing.labels import labels
from scraper.parsing.title_fields import KNOWN_KINDS

WORD = re.compile(r"[^\W_]+")


@cache
def vocabulary() -> frozenset[str]:
    """Return all allowed words, folded."""
    texts = [*_own_words()["words"].values(), *KNOWN_KINDS]
    texts += [phrase for table in labels().values() for phrases in table.values() for phrase in phrases]
    texts += known_kind_words()
    for school in shipped_tables().values():
        texts += [*school.get("menu_labels", ()), *school.get("kinds", {}), *school.get("kinds", {}).values()]
    for language in LANGUAGES:
        texts += Catalogue(language).table("calendar.kinds").values()
    return frozenset(_words(texts))


@cache
def given_names() -> frozenset[str]:
    """Return common first names, folded, which are no labels of a menu."""
    return frozenset(_words(_own_words()["names"].values()))


@cache
def known_hosts() -> frozenset[str]:
    """Return the hosts of the shipped schools; a user's own school files add none."""
    found: set[str] = set()
    for school in shipped_tables().values():
        addresses = (school["base_url"], *school.get("former_urls", ()))
        found |= {urlsplit(address).hostname or "" for address in addresses}
        found |= {host for key in ("login_hosts", "further_hosts") for host in school.get(key, ())}
    return frozenset(found)


def _own_words() -> dict[str, dict[str, str]]:
    return tomllib.loads(files(__package__).joinpath("vocabulary.toml").read_text(encoding="utf-8"))


def _words(texts: Iterable[str]) -> Iterator[str]:
    return (word for text in texts for word in WORD.findall(fold(text)))
