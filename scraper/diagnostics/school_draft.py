"""Drafts of a school's file to complete, from a recording or a report."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from scraper.domain.planning import Event
from scraper.domain.recording import Recording
from scraper.domain.title_layout import LayoutError, parse_layout
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.parsing.kind_words import begins_as_kind
from scraper.parsing.menu import labels_of
from scraper.parsing.page import Page, classify
from scraper.parsing.read import read
from scraper.parsing.title_fields import EXAM_CLASS, KNOWN_KINDS, classes
from scraper.parsing.title_parts import split_title
from scraper.parsing.title_pattern import ENOUGH, read_by_pattern
from scraper.parsing.unknown_layouts import Guess, Wire, guesses

PLACEHOLDER = "https://aurion.example.fr"
MOST_LABELS, MOST_KINDS, MOST_TITLES = 60, 30, 8


def draft(recording: Recording, words: Catalogue) -> str:
    """Return the file's text: all keys with their known values, and the user's choices in comments."""
    return "\n".join(_lines(recording, words)) + "\n"


def _lines(recording: Recording, words: Catalogue) -> Iterator[str]:
    school, events = recording.school, _events(recording)
    yield f"# {words('draft.head')}"
    yield f"name = {_toml_string(school.name if school.id else words('draft.name'))}"
    yield f"# {words('draft.address')}"
    yield f"base_url = {_toml_string(school.base_url if school.id else PLACEHOLDER)}"
    for key, asked in (("login_hosts", "other-host"), ("further_hosts", "scripts-elsewhere")):
        yield f"# {words(f'draft.{key}')}"
        yield f"{key} = {_toml_list(_hosts(recording, getattr(school, key), asked))}"
    yield f"# {words('draft.labels')}"
    pages = [page for page in recording.snapshots if classify(page) not in {Page.LOGIN, Page.CONSENT}]
    yield from (f"#   {_comment_text(label)}" for label in labels_of(pages)[:MOST_LABELS])
    yield f"menu_labels = {_toml_list(school.menu_labels)}"
    yield f"# {words('draft.layouts')}"
    yield from (f"#   {_comment_text(' ⏎ '.join(title.splitlines()))}" for title in _examples(events))
    found = _guesses(recording, events)
    yield f"layouts = {_toml_list(school.layouts or list(dict.fromkeys(map(str, found))))}"
    yield f"# {words('draft.kinds')}"
    yield "[kinds]"
    for kind, count in _kinds(recording, events, found):
        seems = words(f"draft.kind.{begins_as_kind(kind) or 'unknown'}")
        comment = words("draft.kind_count", count=count, kind=seems)
        yield f"{_toml_string(kind)} = {_toml_string(school.kinds.get(kind, kind))}  # {comment}"


def _hosts(recording: Recording, known: tuple[str, ...], asked: str) -> list[str]:
    """Return the hosts of the school's file, and the unknown host that stopped the run."""
    failure = recording.failure
    host = str(failure.facts.get("host") or "") if failure and failure.reason == asked else ""
    return list(dict.fromkeys((*known, *filter(None, [host]))))


def _events(recording: Recording) -> Sequence[Event]:
    try:
        return read(recording).events
    except AurionError:
        return ()


def _examples(events: Sequence[Event]) -> list[str]:
    """Return two titles of each shape, the most frequent shapes first."""
    shapes: dict[tuple[str, int], list[str]] = {}
    for event in events:
        sign, parts = split_title(event.raw_title)
        shapes.setdefault((sign, len(parts)), []).append(event.raw_title)
    frequent = sorted(shapes.values(), key=len, reverse=True)
    return [title for titles in frequent for title in list(dict.fromkeys(titles))[:2]][:MOST_TITLES]


def _guesses(recording: Recording, events: Sequence[Event]) -> list[Guess]:
    """Return the guessed layouts of the titles: for each frequent shape, at least for the most frequent one."""
    wire = {event.id: (event.raw_title, event.raw_kind) for event in events}
    found = [guess for guess in guesses(wire, recording.school.kinds, enough=1) if _fits_titles(guess, wire)]
    return [guess for n, guess in enumerate(found) if n == 0 or len(guess.names) >= ENOUGH]


def _fits_titles(guess: Guess, wire: Wire) -> bool:
    """Return whether the guess, written as a layout, fits most of the titles that it was derived from."""
    try:
        layout = parse_layout(str(guess))
    except LayoutError:
        return False
    kinds = dict.fromkeys(guess.kinds(wire), "")
    read = [read_by_pattern(layout, wire[name][0], classes(wire[name][1], kinds)) for name in guess.names]
    return 2 * sum(title is not None for title in read) > len(read)


def _kinds(recording: Recording, events: Sequence[Event], found: Sequence[Guess]) -> list[tuple[str, int]]:
    """Return the kinds that the school's file lacks words for, and the kinds in words, each with its frequency."""
    wire = {event.id: (event.raw_title, event.raw_kind) for event in events}
    in_words = [text for guess in found for text in guess.kinds(wire) if text not in KNOWN_KINDS]
    counts = Counter(dict.fromkeys(recording.school.kinds, 0))
    counts.update(in_words)
    # If titles contain the kind in words, the event's class is a colour or a less informative code.
    if not in_words:
        counts.update(code for event in events for code in event.raw_kind.split() if code not in KNOWN_KINDS)
    counts.pop(EXAM_CLASS, None)
    return counts.most_common(MOST_KINDS)


def _toml_string(text: str) -> str:
    """Return a text as a TOML string: JSON's format, which TOML accepts except for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_toml_string, texts))}]"


def _comment_text(text: str) -> str:
    """Return a text for a comment, on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
