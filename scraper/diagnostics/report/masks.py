"""Masking of unknown words by words of the same shape: `Optique 12` becomes `Xqwzkvx 99`.

A word has the same mask throughout a file and another mask in the next one: masks are random, not computed. Capitals,
digits (as 9), times, punctuation and the approximate length stay, so that a title's layout can still be parsed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html.entities import html5
from itertools import pairwise
from secrets import choice, randbelow
from urllib.parse import urlsplit

from scraper.diagnostics.report.person_names import is_civility, name_spans
from scraper.diagnostics.report.vocabulary import WORD, known_hosts, vocabulary
from scraper.domain.text import clean, fold
from scraper.parsing.redaction.redact_urls import clean_url, remove_tokens
from scraper.parsing.redaction.secrets import mail_name, secret_remover

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
"""The length from which two words never have the same mask."""


class Masks:
    """The masks of one file.

    `hidden` are texts to remove in any spelling. `logins` are removed too, with the names that they consist of, even if
    these are known words (`prenom.nom`). `hosts` are kept, besides the known ones.
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
    def masked_count(self) -> int:
        """The number of different words, ids and hosts that were masked."""
        return len(self._runs) + len(self._ids) + len(self._hosts)

    def knows(self, word: str) -> bool:
        """Return whether a word is in the vocabulary."""
        if word not in self._folded:
            self._folded[word] = fold(word)
        return self._folded[word] in self._known

    def keep(self, text: str) -> None:
        """Add the words of a text to the known ones, so that they are never masked: it contains no person's name."""
        self._known |= {fold(word) for word in WORD.findall(text)}

    def hides(self, text: str) -> bool:
        """Return whether the text contains a text to hide."""
        return self._hide(text) != text

    def tidy(self, text: str) -> str:
        """Return the text as the parser gets it, without texts to hide, tokens and queries of addresses."""
        return remove_tokens(self._hide(clean(text)))

    def text(self, text: str, persons: Iterable[str] = ()) -> str:
        """Mask unknown words of a text, and all words of names: those of `persons`, after civilities and greetings."""
        tidy = self.tidy(text)
        spans = [*name_spans(tidy), *(span for person in persons for span in _places(person, tidy))]

        def is_named(at: int) -> bool:
            return any(first <= at < after for first, after in spans)

        return self.words(tidy, lambda word, at: self.knows(word) and (is_civility(word) or not is_named(at)))

    def words(self, text: str, is_kept: Callable[[str, int], bool]) -> str:
        """Mask each word of a text for which `is_kept(word, position)` is false."""
        own = self._own_names(text)

        def piece(found: re.Match[str]) -> str:
            part = found[0]
            if found.start() in own:
                return self._mask_word(part)
            if not WORD.fullmatch(part):
                return part if part in _KEPT_SIGNS or _HOUR.fullmatch(part) else " " if part.isspace() else "·"
            return part if _HOUR.fullmatch(part) or is_kept(part, found.start()) else self._mask_word(part)

        # Character references in the text are escaped: the parser resolves them once more.
        return re.sub(r"&(?=#?\w+;)", "&amp;", _PIECE.sub(piece, text))

    def identifier(self, text: str) -> str:
        """Mask an id, a field's name or a class: generated parts and known words stay, others become random words."""

        def part(found: re.Match[str]) -> str:
            word = found[0]
            if not WORD.fullmatch(word):
                return word if word.startswith("j_id") else "·"
            if self.knows(word) or re.fullmatch(r"\d", word) or self._is_compound(word):
                return word
            if word not in self._ids:
                self._ids[word] = self._draw(5, (*self._ids.values(), word))
            return self._ids[word]

        return _IN_ID.sub(part, self._hide(text))

    def address(self, text: str) -> str:
        """Mask an address: known words and the host of a known school stay; query, user and session are removed."""
        parts = urlsplit(clean_url(self._hide(text)))
        host = self.host(parts.hostname or "")
        shown = f"{parts.scheme}://{host}" if host else f"{parts.scheme}:" if parts.scheme else ""
        fragment = f"#{self.identifier(parts.fragment)}" if parts.fragment else ""
        safe = shown if shown.startswith(("https://", "http://")) else self.identifier(shown)
        return safe + self.identifier(parts.path) + fragment

    def host(self, name: str) -> str:
        """Mask a host unless it is a known school's or to be kept: a host may contain its owner's name."""
        if not name or name.lower() in self._kept_hosts:
            return name.lower()
        return self._hosts.setdefault(name.lower(), f"host-{len(self._hosts) + 1}.example")

    def number(self, name: str) -> int:
        """Return a random number for an event's id."""
        if name not in self._numbers:
            drawn = randbelow(90_000_000) + 10_000_000
            while drawn in self._numbers.values():
                drawn = randbelow(90_000_000) + 10_000_000
            self._numbers[name] = drawn
        return self._numbers[name]

    def _own_names(self, text: str) -> set[int]:
        """Return the positions of a login's words that are adjacent in the text, and so form the user's name."""
        own = [found for found in WORD.finditer(text) if self._own and fold(found[0]) in self._own]
        adjacent = [pair for pair in pairwise(own) if not _APART.search(text[pair[0].end() : pair[1].start()])]
        return {found.start() for pair in adjacent for found in pair}

    def _is_compound(self, word: str) -> bool:
        parts = _CAMEL.findall(word)
        return len(parts) > 1 and "".join(parts) == word and all(self.knows(part) for part in parts)

    def _mask_word(self, word: str) -> str:
        return "".join(
            "9" * min(len(run), _MOST_DIGITS) if run.isdecimal() else self._run(run) for run in _RUN.findall(word)
        )

    def _run(self, run: str) -> str:
        key = fold(run)
        if key not in self._runs:
            length = len(run) if len(run) <= _NEVER_SHARED else 5 if len(run) <= 5 else 7 if len(run) <= 8 else 10  # noqa: PLR2004 - classes
            taken = self._runs.values() if length >= _NEVER_SHARED else ()
            self._runs[key] = self._draw(length, (*taken, key))
        new = self._runs[key]
        return new.upper() if run.isupper() else new.capitalize() if run[0].isupper() else new

    def _draw(self, length: int, taken: Iterable[str]) -> str:
        """Return random letters: no known word, no HTML entity's name, not taken; longer if all are used up."""
        barred = set(taken)
        for tries in range(10_000):
            new = "".join(choice(_LETTERS) for _ in range(length + tries // 200))
            if new not in barred and new not in self._known and f"{new};" not in html5:
                return new
        raise AssertionError


def _places(person: str, text: str) -> Iterator[tuple[int, int]]:
    pattern = r"\s+".join(re.escape(word) for word in person.split())
    return (found.span() for found in re.finditer(pattern, text)) if pattern else iter(())
