"""Words that are nobody's business become masks of their own shape: `Optique 12` is `Xqwzkvx 99`.

The same word has the same mask throughout one file, and another in the next: masks are drawn, not computed. Capitals,
digits (as 9), hours, punctuation and about how long a word is stay, so that a title's layout can still be read.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html.entities import html5
from itertools import pairwise
from secrets import choice, randbelow
from urllib.parse import urlsplit

from scraper.diagnostics.report.vocabulary import WORD, known_hosts, vocabulary
from scraper.domain.text import clean, fold
from scraper.parsing.redaction.people import is_civility, name_spans
from scraper.parsing.redaction.secrets import mail_name, secret_remover
from scraper.parsing.redaction.urls import clean_url, remove_tokens

_LETTERS = "jkqvwxz"
_PIECE = re.compile(r"(?<!\w)(?:[01]?\d|2[0-3])[:h][0-5]\d(?!\w)|[^\W_]+|[^\w \n]")
_HOUR = re.compile(r"\d{1,2}[:h]\d{2}")
_RUN = re.compile(r"\d+|\D+")
_IN_ID = re.compile(r"(?<![^\W_])j_idt?\d+(?![^\W_])|[^\W_]+|[^\w\x20-\x7e]")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_KEPT_SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~\u00a0«»‘’“”–—…•·°€§→›")  # noqa: RUF001 - as portals write
_APART = re.compile(r"[^\W_]|\n")
_MOST_DIGITS = 5
_NEVER_SHARED = 3
"""Letters from which two words never have the same mask."""


class Masks:
    """The masks of one file.

    `hidden` are texts to take out wherever and however they stand; `logins` too, and the names that they are made of,
    though these were known words (`prenom.nom`). `hosts` are those that stay.
    """

    def __init__(self, hidden: Iterable[str] = (), logins: Iterable[str] = (), hosts: Iterable[str] = ()) -> None:
        own = tuple(logins)
        self._hide = secret_remover((*hidden, *own))
        self._own = {fold(word) for login in own for word in WORD.findall(mail_name(login) or login)}
        self._known = vocabulary()
        self._kept_hosts = known_hosts() | {host.strip().lower() for host in hosts}
        self._runs: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._folded: dict[str, str] = {}

    @property
    def masked(self) -> int:
        """How many different words and ids were masked."""
        return len(self._runs) + len(self._ids) + len(self._hosts)

    def knows(self, word: str) -> bool:
        """Whether a word is of the vocabulary."""
        if word not in self._folded:
            self._folded[word] = fold(word)
        return self._folded[word] in self._known

    def keep(self, text: str) -> None:
        """Let the words of a text stay wherever they are: it names no person."""
        self._known |= {fold(word) for word in WORD.findall(text)}

    def hides(self, text: str) -> bool:
        """Whether something that is to be hidden stands in the text."""
        return self._hide(text) != text

    def join(self, word: str, other: str) -> None:
        """Give `word` the mask of `other`: both are the same name, which one of two texts has under an invented one."""
        if word != other and word.isalpha() and other.isalpha() and not (self.knows(word) or self.knows(other)):
            self._run(other)
            self._runs.setdefault(fold(word), self._runs[fold(other)])

    def tidy(self, text: str) -> str:
        """The text as reading sees it, without what is hidden, tokens and queries of addresses."""
        return remove_tokens(self._hide(clean(text)))

    def text(self, text: str, persons: Iterable[str] = ()) -> str:
        """Any text, its unknown words masked; those of `persons` and after a civility though they be known."""
        tidy = self.tidy(text)
        spans = [*name_spans(tidy), *(span for person in persons for span in _places(person, tidy))]

        def is_named(at: int) -> bool:
            return any(first <= at < after for first, after in spans)

        return self.words(tidy, lambda word, at: self.knows(word) and (is_civility(word) or not is_named(at)))

    def words(self, text: str, stays: Callable[[str, int], bool]) -> str:
        """The text with each word masked, but those of which `stays` (told where it begins) says so."""
        own = self._own_names(text)

        def piece(found: re.Match[str]) -> str:
            told = found[0]
            if found.start() in own:
                return self._masked(told)
            if not WORD.fullmatch(told):
                return told if told in _KEPT_SIGNS or _HOUR.fullmatch(told) else " " if told.isspace() else "·"
            return told if _HOUR.fullmatch(told) or stays(told, found.start()) else self._masked(told)

        # What was resolved once must not be resolved again by whoever reads it.
        return re.sub(r"&(?=#?\w+;)", "&amp;", _PIECE.sub(piece, text))

    def identifier(self, text: str) -> str:
        """An id, a field's name, a class: generated parts and known words stay, each other is an invented word."""

        def part(found: re.Match[str]) -> str:
            told = found[0]
            if not WORD.fullmatch(told):
                return told if told.startswith("j_id") else "·"
            if self.knows(told) or re.fullmatch(r"\d", told) or self._is_compound(told):
                return told
            if told not in self._ids:
                self._ids[told] = self._drawn(5, (*self._ids.values(), told))
            return self._ids[told]

        return _IN_ID.sub(part, self._hide(text))

    def address(self, text: str) -> str:
        """An address: its host if it is a known school's, its known words; no query, user or session."""
        parts = urlsplit(clean_url(self._hide(text)))
        host = self.host(parts.hostname or "")
        shown = f"{parts.scheme}://{host}" if host else f"{parts.scheme}:" if parts.scheme else ""
        fragment = f"#{self.identifier(parts.fragment)}" if parts.fragment else ""
        return self._safe_scheme(shown) + self.identifier(parts.path) + fragment

    def host(self, name: str) -> str:
        """A host: itself if it is a known school's or kept, else an invented one, for a host may name its owner."""
        if not name or name.lower() in self._kept_hosts:
            return name.lower()
        return self._hosts.setdefault(name.lower(), f"host-{len(self._hosts) + 1}.example")

    def number(self, name: str) -> int:
        """An event's number, invented."""
        if name not in self._numbers:
            drawn = randbelow(90_000_000) + 10_000_000
            while drawn in self._numbers.values():
                drawn = randbelow(90_000_000) + 10_000_000
            self._numbers[name] = drawn
        return self._numbers[name]

    def _own_names(self, text: str) -> set[int]:
        """Where the words of a login begin that stand beside each other: a name, whatever they mean alone."""
        own = [found for found in WORD.finditer(text) if self._own and fold(found[0]) in self._own]
        beside = [pair for pair in pairwise(own) if not _APART.search(text[pair[0].end() : pair[1].start()])]
        return {found.start() for pair in beside for found in pair}

    def _safe_scheme(self, text: str) -> str:
        return text if text.startswith(("https://", "http://")) else self.identifier(text)

    def _is_compound(self, word: str) -> bool:
        parts = _CAMEL.findall(word)
        return len(parts) > 1 and "".join(parts) == word and all(self.knows(part) for part in parts)

    def _masked(self, word: str) -> str:
        return "".join(self._digits(run) if run.isdecimal() else self._run(run) for run in _RUN.findall(word))

    def _digits(self, run: str) -> str:
        return "9" * min(len(run), _MOST_DIGITS)

    def _run(self, run: str) -> str:
        key = fold(run)
        if key not in self._runs:
            length = len(run) if len(run) <= _NEVER_SHARED else 5 if len(run) <= 5 else 7 if len(run) <= 8 else 10  # noqa: PLR2004 - classes
            taken = self._runs.values() if length >= _NEVER_SHARED else ()
            self._runs[key] = self._drawn(length, (*taken, key))
        new = self._runs[key]
        return new.upper() if run.isupper() else new.capitalize() if run[0].isupper() else new

    def _drawn(self, length: int, taken: Iterable[str]) -> str:
        """Letters that are no known word, no entity's name and not taken; longer where there are too few."""
        barred = set(taken)
        for tries in range(10_000):
            new = "".join(choice(_LETTERS) for _ in range(length + tries // 200))
            if new not in barred and new not in self._known and f"{new};" not in html5:
                return new
        raise AssertionError


def _places(person: str, text: str) -> Iterator[tuple[int, int]]:
    pattern = r"\s+".join(re.escape(word) for word in person.split())
    return (found.span() for found in re.finditer(pattern, text)) if pattern else iter(())
