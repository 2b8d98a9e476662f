"""Names of people in text, found by the civility (`Mme`, `Dr`) or the greeting before them."""

import re
from collections.abc import Iterator

from scraper.domain.text import clean, fold

_CIVILITIES = frozenset(
    {"monsieur", "madame", "mademoiselle", "mme", "mlle", "m", "mm", "mr", "mrs", "ms", "dr", "pr", "prof"}
)
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][^\W\d_]*(?:['’-][^\W\d_]+)*"  # noqa: RUF001 - both apostrophes occur
_CIVILITY = (
    r"(?:[Mm]onsieur|MONSIEUR|[Mm]adame|MADAME|[Mm]ademoiselle|MADEMOISELLE|Mme|MME|Mlle|MLLE|MM?(?=\.)"
    r"|Mr|MR|Mrs|MRS|Ms|Dr|DR|Pr|Prof|PROF)\.?"
)
_AFTER_CIVILITY = re.compile(
    rf"(?<!\w){_CIVILITY}\s+((?:(?:[A-Z]\.|de|du|des|la|le|van|von|el|al|ben|d['’])\s*)*"  # noqa: RUF001
    rf"{_CAPITAL}(?:[ \u00a0]+(?:(?:de|du|des|la|le|van|von)[ \u00a0]+)*{_CAPITAL}){{0,3}})"
)
_GREETING = r"(?i:\b(?:bonjour|bonsoir|bienvenue|welcome|hello|hi|salut|connecté\w* en tant que|logged in as)\b[\s,:]*)"
_GREETED = re.compile(rf"{_GREETING}((?:[^\W\d_]+[ '’.-]*){{1,4}})")  # noqa: RUF001 - as portals write
_GREETED_CAPITALS = re.compile(rf"{_GREETING}({_CAPITAL}(?:[ \u00a0]+{_CAPITAL}){{0,2}})")


def is_civility(word: str) -> bool:
    """Return whether the word is a civility (`Mme`), in any case."""
    return fold(word) in _CIVILITIES


def find_names(text: str) -> list[str]:
    """Return the names in the text, as written; after a greeting, up to four words of any kind."""
    tidy = clean(text)
    return [*_AFTER_CIVILITY.findall(tidy), *_GREETED.findall(tidy)]


def name_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each name in the text; after a greeting, capitalised words only."""
    for pattern in (_AFTER_CIVILITY, _GREETED_CAPITALS):
        yield from (found.span(1) for found in pattern.finditer(text))
