"""A school's file to fill in, drafted from what a recording or a report shows."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from scraper.domain.planning import Event
from scraper.domain.recording import Recording
from scraper.domain.title_layout import LayoutError, parse_layout
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.parsing.menu import labels_of
from scraper.parsing.page import Page, classify
from scraper.parsing.read import read
from scraper.parsing.redaction.people import named
from scraper.parsing.title import separators
from scraper.parsing.title_fields import KNOWN_KINDS, classes

PLACEHOLDER = "https://aurion.example.fr"
MOST_LABELS, MOST_KINDS = 60, 30
_SLOT = re.compile(r"\d{1,2}[h:]\d{2}\s*(?:-|\u2013|à)\s*\d{1,2}[h:]\d{2}")


def draft(recording: Recording, words: Catalogue) -> str:
    """The file's text: its keys with what is known of them, and in comments what a person chooses from."""
    return "\n".join(_lines(recording, words)) + "\n"


def _lines(recording: Recording, words: Catalogue) -> Iterator[str]:
    school, events = recording.school, _events(recording)
    yield f"# {words('draft.head')}"
    yield f"name = {_quoted(school.name or 'École')}"
    yield f"# {words('draft.address')}"
    yield f"base_url = {_quoted(school.base_url if school.id else PLACEHOLDER)}"
    hosts = school.login_hosts
    if recording.failure and (host := recording.failure.facts.get("host")) and recording.failure.reason == "other-host":
        hosts = tuple(dict.fromkeys((*hosts, str(host))))
    yield f"# {words('draft.hosts')}"
    yield f"login_hosts = {_listed(hosts)}"
    yield f"# {words('draft.labels')}"
    pages = [page for page in recording.snapshots if classify(page) not in {Page.LOGIN, Page.CONSENT}]
    yield from (f"#   {_plain(label)}" for label in labels_of(pages)[:MOST_LABELS])
    yield f"menu_labels = {_listed(school.menu_labels)}"
    yield f"# {words('draft.layouts')}"
    yield from (f"#   {_plain(' ⏎ '.join(title.splitlines()))}" for title in _examples(events))
    yield f"layouts = {_listed(school.layouts or _guessed(events))}"
    yield f"# {words('draft.kinds')}"
    yield "[kinds]"
    yield from (f"{_quoted(code)} = {_quoted(text)}" for code, text in _kinds(recording, events))


def _events(recording: Recording) -> Sequence[Event]:
    try:
        return read(recording).events
    except AurionError:
        return ()


def _examples(events: Sequence[Event]) -> list[str]:
    """One title of each shape, the most frequent shapes first."""
    shapes: dict[tuple[str, int], list[str]] = {}
    for event in events:
        sign, parts = _cut(event.raw_title)
        shapes.setdefault((sign, len(parts)), []).append(event.raw_title)
    return [titles[0] for titles in sorted(shapes.values(), key=len, reverse=True)][:5]


def _cut(title: str) -> tuple[str, list[str]]:
    """The sign between a title's parts, and the parts."""
    found = Counter(separators(title))
    sign = "\n" if "\n" in found else max(found, key=lambda one: found[one], default="\n")
    pattern = re.escape(sign) if sign == "\n" else rf"\s*{re.escape(sign.strip())}\s+"
    return sign, [part.strip() for part in re.split(pattern, title)]


def _guessed(events: Sequence[Event]) -> list[str]:
    """The layout of the most frequent shape of titles, its parts named where they show what they are."""
    shapes: Counter[tuple[str, int]] = Counter()
    cut = [(*_cut(event.raw_title), event.raw_kind) for event in events]
    shapes.update((sign, len(parts)) for sign, parts, _ in cut if len(parts) > 1)
    if not shapes:
        return []
    (sign, length), _ = shapes.most_common(1)[0]
    alike = [(parts, kind) for own, parts, kind in cut if (own, len(parts)) == (sign, length)]
    fields: list[str] = []
    for number in range(length):
        field = _field([(parts[number], kind) for parts, kind in alike if parts[number]])
        fields.append("other" if field in fields else field)
    if "other" in fields:
        fields[fields.index("other")] = "subject"
    layout = (" / " if sign == "\n" else f" {sign.strip()} ").join(fields)
    try:
        parse_layout(layout)
    except LayoutError:
        return []
    return [layout]


def _field(parts: Sequence[tuple[str, str]]) -> str:
    """What the parts at one place of many titles are."""
    if parts and all(_SLOT.fullmatch(part) for part, _ in parts):
        return "hours"
    if parts and all(classes(kind).confirms(part) for part, kind in parts):
        return "kind"
    return "teachers" if any(named(part) for part, _ in parts) else "other"


def _kinds(recording: Recording, events: Sequence[Event]) -> Iterable[tuple[str, str]]:
    """The kinds that the school's file names, and each code of its lessons that the program does not know."""
    own = dict(recording.school.kinds)
    for event in events:
        for code in event.raw_kind.split():
            if code not in KNOWN_KINDS and len(own) < MOST_KINDS:
                own.setdefault(code, code)
    return own.items()


def _quoted(text: str) -> str:
    """A text as TOML writes it: JSON's form, which is one of TOML's, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _plain(text: str) -> str:
    """A text for a comment, which ends with its line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
