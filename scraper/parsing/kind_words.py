"""Kinds of lessons in words (`Cours magistral`, `Written exam`): what they are, as `kinds.toml` lists them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from scraper.domain.text import normalise_label

_AFTER = "after"


def kind_in_words(text: str) -> str:
    """What a text is that names a kind of lesson: `exam`, `lecture`, `tutorial`…; empty where it names none."""
    words = normalise_label(text).split()
    for length in range(min(len(words), 3), 0, -1):
        kind = _kinds().get(" ".join(words[:length]))
        rest = " ".join(words[length:])
        if kind and (not rest or rest.isdigit() or rest in _after()):
            return kind
    return ""


def begins_as_kind(text: str) -> str:
    """What a text is in the place of a kind: its first words decide (`Épreuve de rattrapage`)."""
    words = normalise_label(text).split()
    found = (_kinds().get(" ".join(words[:length])) for length in (3, 2, 1))
    return next(filter(None, found), "")


def known_kind_words() -> list[str]:
    """Return all words that name kinds of lessons."""
    return [word for words in _table().values() for word in words]


def is_exam_in_words(text: str) -> bool:
    """Whether a kind in words is an exam's."""
    return begins_as_kind(text) == "exam"


@cache
def _table() -> Mapping[str, list[str]]:
    return tomllib.loads(files(__package__).joinpath("kinds.toml").read_text(encoding="utf-8"))


@cache
def _kinds() -> Mapping[str, str]:
    return {word: kind for kind, words in _table().items() if kind != _AFTER for word in words}


@cache
def _after() -> frozenset[str]:
    return frozenset(_table()[_AFTER])
