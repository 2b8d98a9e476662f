"""Kinds of lessons written in words (`Cours magistral`, `Written exam`), classified by `kinds.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from scraper.domain.text import normalise_label

_AFTER = "after"


def kind_in_words(text: str) -> str:
    """Return the kind that a text names (`exam`, `lecture`, `tutorial`…); empty if it is not just a kind's name."""
    words = normalise_label(text).split()
    for length in range(min(len(words), 3), 0, -1):
        kind = _kinds().get(" ".join(words[:length]))
        rest = " ".join(words[length:])
        if kind and (not rest or rest.isdigit() or rest in _words_after_kinds()):
            return kind
    return ""


def begins_as_kind(text: str) -> str:
    """Return the kind that the first words of a text name (`Épreuve de rattrapage`); empty if they name none."""
    words = normalise_label(text).split()
    found = (_kinds().get(" ".join(words[:length])) for length in (3, 2, 1))
    return next(filter(None, found), "")


def known_kind_words() -> list[str]:
    """Return all words that name kinds of lessons."""
    return [word for words in _table().values() for word in words]


@cache
def _table() -> Mapping[str, list[str]]:
    return tomllib.loads(files(__package__).joinpath("kinds.toml").read_text(encoding="utf-8"))


@cache
def _kinds() -> Mapping[str, str]:
    return {word: kind for kind, words in _table().items() if kind != _AFTER for word in words}


@cache
def _words_after_kinds() -> frozenset[str]:
    return frozenset(_table()[_AFTER])
