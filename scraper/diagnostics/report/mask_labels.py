"""Masking of menu labels: unknown words stay, because a school's own labels are needed to support it; names do not.

A menu also contains names (`Bonjour Odile GARNEL`, an account's button). An unknown word is masked if it is written
like a name, is a given name, or is a name elsewhere in the recording.
"""

import re
from collections.abc import Iterable

from scraper.diagnostics.report.masks import Masks
from scraper.diagnostics.report.person_names import find_names
from scraper.diagnostics.report.vocabulary import WORD, given_names
from scraper.domain.text import fold

_MOST_NUMBERS = 2
"""The maximum of numbers in a label; more of them may be a telephone number in pairs of digits."""
_COUNTED = re.compile(r"[A-Za-z]?\d{1,2}|\d{1,2}(?:e|er|[eè]re|nde?|th|st|rd|A)", re.IGNORECASE)
"""A term or a year of studies: `S7`, `2e`, `3A`."""
_NUMBERED = re.compile(r"@|\d{5}|[^\W\d_]\d|\d[^\W\d_]")
_LONGEST = 8
"""The maximum number of words of a label; a longer text is a sentence."""
_SHORT = 3
_FULL_NAME = range(2, 5)


class Labels:
    """A masker of a recording's labels. `names` are known names; more are learnt from the recording's texts."""

    def __init__(self, masks: Masks, names: Iterable[str] = ()) -> None:
        self._masks = masks
        self._names: set[str] = set()
        self._masked: dict[str, str] = {}
        self.learn_names(names)

    def learn_names(self, names: Iterable[str]) -> None:
        """Learn the unknown words of names."""
        words = (word for name in names for word in WORD.findall(name))
        self._names |= {fold(w) for w in words if len(w) >= _SHORT and not self._masks.knows(w)}

    def learn_from(self, text: str) -> None:
        """Learn the names in a page's text: those after civilities and greetings, or the whole text if it is a name."""
        tidy = self._masks.tidy(text)
        self.learn_names(find_names(tidy))
        words = WORD.findall(tidy)
        if len(words) in _FULL_NAME and all(w[0].isupper() and not self._masks.knows(w) for w in words):
            self.learn_names(words)

    def menu(self, label: str) -> str:
        """Mask a label of the menu: unknown words stay unless they look like personal data."""
        tidy = self._masks.tidy(label)
        is_personal = self._masks.hides(label) or self._is_personal(tidy)

        def is_kept(word: str, at: int) -> bool:
            if self._masks.knows(word) or (not is_personal and _COUNTED.fullmatch(word)):
                return True
            return not is_personal and _is_plain(word, first=not WORD.search(tidy[:at]))

        return self._remember(label, self._masks.words(tidy, is_kept))

    def content(self, label: str) -> str:
        """Mask a label elsewhere on a page, which may be the student's name."""
        return self._remember(label, self._masks.text(label))

    def repeat(self, label: str) -> str:
        """Mask a label as before, ignoring case; of a new one only known words stay."""
        return self._masked.get(fold(label)) or self._masks.text(label)

    def _is_personal(self, label: str) -> bool:
        """Return whether a label contains a name or a number, or is a sentence."""
        unknown = {fold(word) for word in WORD.findall(label) if not self._masks.knows(word)}
        named = not unknown.isdisjoint(self._names) or not unknown.isdisjoint(given_names())
        uncounted = WORD.sub(lambda word: "" if _COUNTED.fullmatch(word[0]) else word[0], label)
        is_numbered = (
            _NUMBERED.search(uncounted) is not None or sum(map(str.isdigit, WORD.findall(label))) > _MOST_NUMBERS
        )
        return named or len(WORD.findall(label)) > _LONGEST or is_numbered

    def _remember(self, label: str, masked: str) -> str:
        return self._masked.setdefault(fold(label), masked)


def _is_plain(word: str, *, first: bool) -> bool:
    """Return whether a word is written like a common word: letters in lower case, except at the label's start."""
    return word.isalpha() and (word.islower() or (first and (word[1:].islower() or len(word) == 1)))
