"""Find the line of each key in a TOML text, which TOML parsers do not report."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Loc = tuple[str | int, ...]
"""A place in a TOML document: keys, and indexes (from 0) in lists."""


@lru_cache(maxsize=2)
def lines_of(text: str) -> Mapping[Loc, int]:
    """Return the line (from 1) where each key, table and table of a list begins; `text` must be valid TOML."""
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
    """Return the line of the place, or else of the innermost table that contains it, or else 1."""
    lines = lines_of(text)
    return next((lines[loc[:end]] for end in range(len(loc), 0, -1) if loc[:end] in lines), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each header and each `key = value`, which may span lines, with the number of its first line."""
    statement, first = "", 1
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        statement, first = (f"{statement}\n{line}", first) if statement else (line, number)
        try:
            has_keys = bool(tomllib.loads(statement))
        except tomllib.TOMLDecodeError:
            continue
        if has_keys:
            yield first, statement
        statement = ""


def _table(header: Mapping[str, Any], counts: dict[Loc, int]) -> Loc:
    """Return the place of a header's table; count the tables of a list (`[[…]]`)."""
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
    """Yield every place in the value of one statement."""
    for key, value in table.items():
        yield (key,)
        parts = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, part in parts:
            own: Loc = (key,) if index is None else (key, index)
            yield own
            if isinstance(part, dict):
                yield from ((*own, *loc) for loc in _keys(part))
