"""Parsing of titles of unknown layouts: by the look of each part, and by the common order of parts in many titles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scraper.domain.text import fold_blanks
from scraper.parsing import title_parts
from scraper.parsing.kind_words import kind_in_words
from scraper.parsing.title_fields import Classes, Title, build_title, classes, join_note
from scraper.parsing.title_pattern import ENOUGH

_MOST = 0.6
"""The share of titles that must have a field at one place; some titles are always irregular."""
_PARTS = 3
"""The number of parts from which one line may follow a layout, if one of the parts is recognised."""
_SIGNS: Mapping[str, Callable[[str, Classes], bool]] = {
    "hours": lambda part, _: title_parts.is_hours(part),
    "kind": title_parts.is_kind,
    "teachers": lambda part, _: title_parts.may_be_persons(part),
    "room": lambda part, _: title_parts.is_room(part),
    "group": lambda part, _: title_parts.is_group(part),
}
"""Functions that recognise a field's part; the most reliable first."""

Wire = Mapping[str, tuple[str, str]]
"""Titles with their event's class, by event id."""
Known = Mapping[str, frozenset[str]]
"""The texts that other titles have in a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A guessed layout of the titles `names`, which have the same number of parts: a field for each part.

    The `separator` includes blanks if all titles have them around it.
    """

    separator: str
    fields: tuple[str, ...]
    names: tuple[str, ...]

    def kinds(self, wire: "Wire") -> list[str]:
        """Return the kinds in all titles, without blank ones; empty if the layout has no kind."""
        if "kind" not in self.fields:
            return []
        found = (fold_blanks(_parts(wire[name][0])[1][self.fields.index("kind")]) for name in self.names)
        return [text for text in found if text]

    def __str__(self) -> str:
        """Return the layout in the format of a school's file."""
        return (" / " if self.separator == "\n" else self.separator).join(self.fields)


def plain(title: str, of: Classes, known: Known | None = None) -> Title:
    """Parse any title by parts that are certain or known from other titles; the first other part is the subject.

    A line is split only if one of its parts is recognised: `Vacances - Toussaint` is a subject.
    """
    sign, parts = _parts(title)
    shown = [_certain_field(part, of, known or {}) for part in parts]
    # A kind in words at a line's start may also be its subject: `Projet - lancement - suite`.
    sure = any(field and (n or field != "kind" or parts[n] == of.code) for n, field in enumerate(shown))
    if sign != "\n" and not (sure and len(parts) >= _PARTS):
        parts, shown = [title], [""]
    fields = ["" if field in shown[:n] or len(parts) == 1 else field for n, field in enumerate(shown)]
    if "subject" not in fields:
        at = _subject(fields, parts)
        if at is not None:
            fields[at] = "subject"
    return _title("plain", fields, parts, of)


def guesses(wire: Wire, kinds: Mapping[str, str] | None = None, enough: int = ENOUGH) -> Iterator[Guess]:
    """Yield the guessed layout of each shape that `enough` titles have and reveal; the most frequent shape first."""
    shapes: dict[tuple[str, int], list[str]] = {}
    for name, (title, _) in wire.items():
        sign, parts = _parts(title)
        shapes.setdefault((sign, len(parts)), []).append(name)
    for (sign, _), names in sorted(shapes.items(), key=lambda shape: -len(shape[1])):
        if len(names) >= enough and (fields := _fields([wire[name] for name in names], kinds)):
            separator = title_parts.layout_separator(sign, [wire[name][0] for name in names])
            yield Guess(separator=separator, fields=fields, names=tuple(names))


def read_by_guess(wire: Wire, kinds: Mapping[str, str] | None) -> dict[str, Title]:
    """Parse the titles that have a common shape with a guessed layout."""
    return {
        name: _title("guessed", guess.fields, _parts(wire[name][0])[1], classes(wire[name][1], kinds))
        for guess in guesses(wire, kinds)
        for name in guess.names
    }


def _parts(title: str) -> tuple[str, list[str]]:
    sign, parts = title_parts.split_title(title)
    return sign, parts if sign == "\n" else title_parts.join_hours(parts)


def _certain_field(part: str, of: Classes, known: Known) -> str:
    """Return the field that a part certainly belongs to; empty if it is uncertain."""
    text = fold_blanks(part)
    if field := next((field for field, texts in known.items() if text and text in texts), ""):
        return field
    if text == of.code != "":
        return "kind"
    sure = {
        "hours": title_parts.is_hours(text),
        "room": title_parts.is_room(text),
        "teachers": title_parts.has_civility(text),
    }
    kind = "kind" if title_parts.is_kind(text, of) else ""
    return next((field for field, shows in sure.items() if shows), kind)


def _subject(fields: Sequence[str], parts: Sequence[str]) -> int | None:
    """Return the index of the subject: the first other part with words, else a kind in words, else a room."""
    left = [n for n, field in enumerate(fields) if not field]
    candidates = [
        *(n for n in left if title_parts.may_be_subject(parts[n])),
        *(n for n in left if any(c.isalpha() for c in parts[n])),
        *(n for n, field in enumerate(fields) if field == "kind" and kind_in_words(parts[n])),
    ]
    if "kind" not in fields:
        candidates += [n for n, field in enumerate(fields) if field == "room"]
    return next(iter(candidates), None)


def _fields(titles: Sequence[tuple[str, str]], kinds: Mapping[str, str] | None) -> tuple[str, ...]:
    """Return the field of each part of titles that have one shape; empty if their parts do not reveal it."""
    columns = list(zip(*(_parts(title)[1] for title, _ in titles), strict=True))
    of = [classes(kind, kinds) for _, kind in titles]
    fields = [""] * len(columns)
    for field, shows in _SIGNS.items():
        shares = [0.0 if fields[n] else _share(shows, column, of) for n, column in enumerate(columns)]
        best = max(range(len(columns)), key=lambda n: shares[n])
        if shares[best] >= _MOST:
            fields[best] = field
    subjects = [0 if fields[n] else sum(map(title_parts.may_be_subject, column)) for n, column in enumerate(columns)]
    at = max(range(len(columns)), key=lambda n: subjects[n])
    if 2 * subjects[at] < len(titles) or not {"kind", "teachers", "room"}.intersection(fields):
        return ()
    fields[at] = "subject"
    for n, field in enumerate(fields):
        if not field:
            is_note = "note" not in fields and any(part.strip() for part in columns[n])
            fields[n] = "note" if is_note else "other"
    return tuple(fields)


def _share(shows: Callable[[str, Classes], bool], column: Sequence[str], of: Sequence[Classes]) -> float:
    """Return the share of the parts at one place that a function recognises, without blank ones."""
    filled = [(part, own) for part, own in zip(column, of, strict=True) if part.strip()]
    return sum(shows(fold_blanks(part), own) for part, own in filled) / len(filled) if filled else 0.0


def _title(layout: str, fields: Sequence[str], parts: Sequence[str], of: Classes) -> Title:
    texts = {field: part for field, part in zip(fields, parts, strict=True) if field}
    kept = (part for field, part in zip(fields, parts, strict=True) if field in {"", "note", "other", "group", "hours"})
    note = join_note(part for part in kept if layout == "plain" or not title_parts.is_hours(part))
    return build_title(
        layout,
        of,
        rooms=texts.get("room", ""),
        note=note,
        subject=texts.get("subject", ""),
        kind=texts.get("kind", ""),
        teachers=texts.get("teachers", ""),
    )
