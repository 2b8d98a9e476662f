"""On which line of a TOML text each key stands: what readers of TOML do not tell."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Loc = tuple[str | int, ...]
"""A place in a TOML document: keys, and numbers (from 0) within lists."""


@lru_cache(maxsize=2)
def lines_of(text: str) -> Mapping[Loc, int]:
    """The line (from 1) on which each key, table and table of a list begins; `text` is valid TOML."""
    found: dict[Loc, int] = {}
    counts: dict[Loc, int] = {}
    here: Loc = ()
    for number, statement in _statements(text):
        if statement.lstrip().startswith("["):
            here = _table(tomllib.loads(statement), counts)
            found.setdefault(here, number)
            if isinstance(here[-1], int):
                found.setdefault(here[:-1], number)
        else:
            for loc in _keys(tomllib.loads(statement)):
                found.setdefault((*here, *loc), number)
    return found


def line_of(text: str, loc: Loc) -> int:
    """The line of the place, else of what it lies in; 1 where nothing of it stands in the text."""
    lines = lines_of(text)
    return next((lines[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in lines), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each `key = value`, however many lines it has, with its first line's number."""
    begun, first = "", 1
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        begun, first = (f"{begun}\n{line}", first) if begun else (line, number)
        try:
            told = tomllib.loads(begun)
        except tomllib.TOMLDecodeError:
            continue
        if told:
            yield first, begun
        begun = ""


def _table(header: Mapping[str, Any], counts: dict[Loc, int]) -> Loc:
    """Where a header's table is; one of a list (`[[…]]`) is the next of its name."""
    loc: Loc = ()
    value: Any = header
    while value:
        (key, value), *_ = value.items()
        loc = (*loc, key)
        if isinstance(value, list):
            counts[loc] = counts.get(loc, -1) + 1
            value = {}
        if loc in counts:
            loc = (*loc, counts[loc])
    return loc


def _keys(table: Mapping[str, Any]) -> Iterator[Loc]:
    """Every place in one statement's value."""
    for key, value in table.items():
        yield (key,)
        parts = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, part in parts:
            own: Loc = (key,) if index is None else (key, index)
            yield own
            if isinstance(part, dict):
                yield from ((*own, *loc) for loc in _keys(part))
