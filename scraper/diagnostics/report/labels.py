"""Labels of menus: what a school calls its sections is what mends it, so unknown words stay, but nobody's name.

A menu holds names too (`Bonjour Odile GARNEL`, an account's button): an unknown word is masked where it is shaped like
one, is a given name, or was met as a name elsewhere in the recording.
"""

import re
from collections.abc import Iterable

from scraper.diagnostics.report.masks import Masks
from scraper.diagnostics.report.vocabulary import WORD, given_names
from scraper.domain.text import fold
from scraper.parsing.redaction.people import find_names

_GREETING = re.compile(
    r"\b(?:bonjour|bonsoir|bienvenue|welcome|hello|hi|salut|connecté\w* en tant que|logged in as)\b[\s,:]*"
    r"((?:[^\W\d_]+[ '’.-]*){1,4})",  # noqa: RUF001 - as portals write
    re.IGNORECASE,
)
_COUNTED = re.compile(r"[A-Za-z]?\d{1,2}|\d{1,2}(?:e|er|[eè]re|nde?|th|st|rd|A)", re.IGNORECASE)
"""A term or a year of studies: `S7`, `2e`, `3A`."""
_NUMBERED = re.compile(r"@|\d{5}|[^\W\d_]\d|\d[^\W\d_]")
_LONGEST = 8
"""Words of a label; more are a sentence."""
_SHORT = 3
_FULL_NAME = range(2, 5)


def greeted(text: str) -> list[list[str]]:
    """The words that follow each greeting of a text: a name, and perhaps what is written beside it."""
    return [WORD.findall(found) for found in _GREETING.findall(text)]


class Labels:
    """Masks the labels of one recording. `names` are words known to be of names; more are learnt from its texts."""

    def __init__(self, masks: Masks, names: Iterable[str] = ()) -> None:
        self._masks = masks
        self._names: set[str] = set()
        self._given: dict[str, str] = {}
        self.learn_names(names)

    def learn_names(self, names: Iterable[str]) -> None:
        """Notes the unknown words of names."""
        words = (word for name in names for word in WORD.findall(name))
        self._names |= {fold(w) for w in words if len(w) >= _SHORT and not self._masks.knows(w)}

    def learn_from(self, text: str) -> None:
        """Notes the names in a text of a page: after civilities and greetings; or the whole, where it is a name."""
        tidy = self._masks.tidy(text)
        self.learn_names([*find_names(tidy), *_GREETING.findall(tidy)])
        words = WORD.findall(tidy)
        if len(words) in _FULL_NAME and all(w[0].isupper() and not self._masks.knows(w) for w in words):
            self.learn_names(words)

    def menu(self, label: str) -> str:
        """A label of the menu: its unknown words stay where nothing says that they are somebody's."""
        tidy = self._masks.tidy(label)
        strict = self._masks.hides(label) or self._is_of_somebody(tidy)

        def stays(word: str, at: int) -> bool:
            if self._masks.knows(word) or (not strict and _COUNTED.fullmatch(word)):
                return True
            return not strict and _is_plain(word, first=not WORD.search(tidy[:at]))

        return self._noted(label, self._masks.words(tidy, stays))

    def content(self, label: str) -> str:
        """A label elsewhere on a page, which may well be the student's own."""
        return self._noted(label, self._masks.text(label))

    def again(self, label: str) -> str:
        """A label met before, in any case: as it was masked there; of any other only known words stay."""
        return self._given.get(fold(label)) or self._masks.text(label)

    def _is_of_somebody(self, label: str) -> bool:
        """Whether it names somebody, or holds what a person is known by: then none of its unknown words stays."""
        unknown = {fold(word) for word in WORD.findall(label) if not self._masks.knows(word)}
        named = not unknown.isdisjoint(self._names) or not unknown.isdisjoint(given_names())
        uncounted = WORD.sub(lambda word: "" if _COUNTED.fullmatch(word[0]) else word[0], label)
        return named or len(WORD.findall(label)) > _LONGEST or _NUMBERED.search(uncounted) is not None

    def _noted(self, label: str, masked: str) -> str:
        return self._given.setdefault(fold(label), masked)


def _is_plain(word: str, *, first: bool) -> bool:
    """Whether it is written like a word of a section: letters, small but at the label's start."""
    return word.isalpha() and (word.islower() or (first and (word[1:].islower() or len(word) == 1)))
