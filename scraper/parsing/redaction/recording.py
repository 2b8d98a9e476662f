"""A recording that may leave the machine: no secrets, nobody's name, still the same events.

Login and password in any common encoding, sessions, view states and tokens are left out; people's names
become invented ones. A page that came where events were due keeps its tags only.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scraper.domain.recording import Recording
from scraper.domain.school import School
from scraper.domain.text import clean
from scraper.errors import AurionError
from scraper.parsing.events import class_of
from scraper.parsing.partial_response import updates
from scraper.parsing.redaction.events import sent_events, sent_titles
from scraper.parsing.redaction.people import People, named
from scraper.parsing.redaction.response import Scrubber
from scraper.parsing.redaction.secrets import conceals, mail_name
from scraper.parsing.redaction.urls import SESSION, TOKEN_FIELD, address, without_tokens
from scraper.parsing.title_layouts import KNOWN_KINDS

__all__ = ["scrub", "scrub_text"]

_ADDRESSES = frozenset({"address", "action", "base_url", "former_urls"})
_SPOKEN = frozenset({"title", "text", "messages", "label", "path", "facts", "request"})
_HIDDEN_VALUE = re.compile(r"\bvalue\s*=\s*[\"']([^\"']{6,})[\"']", re.IGNORECASE)
_LOGIN_WORD = re.compile(r"[^\W\d_]{3,}")
_TELLING = 6


def scrub(recording: Recording, secrets: Iterable[str]) -> Recording:
    """The recording without `secrets` (login, password), sessions, tokens and people's names; for `--record`.

    Names are invented anew at each call, and the same for one person throughout. Reading the result gives the
    same events but for names and queries of addresses, or fails with the same error.
    """
    given = [secret for secret in secrets if secret]
    hide = conceals((*given, *_sessions(recording)))
    people = _people(recording, given)

    def spoken(text: str) -> str:
        return people.renamed(without_tokens(hide(text)))

    def markup(text: str) -> str:
        return people.raw(without_tokens(hide(text)))

    scrubber = Scrubber(hide=hide, spoken=spoken, markup=markup)
    return _scrubbed(recording, scrubber)  # type: ignore[no-any-return]


def scrub_text(text: str, secrets: Iterable[str]) -> str:
    """Any text (a page kept for its reader's own eyes) without `secrets`, sessions and tokens; names stay."""
    sessions = (found for found in SESSION.findall(text) if len(found) >= _TELLING)
    return without_tokens(conceals((*secrets, *sessions))(text))


def _scrubbed(value: Any, by: Scrubber, field: str = "") -> Any:  # noqa: ANN401 - any field of a recording
    match value:
        case School():
            return _school(value, by)
        case str() if field in _ADDRESSES:
            return by.hide(address(value))
        case str() if field == "body":
            return by.body(value)
        case str():
            return by.spoken(value) if field in _SPOKEN else by.hide(value)
        case Mapping():
            return {by.hide(name): _named(name, held, by, field) for name, held in value.items()}
        case tuple() | list():
            return type(value)(_scrubbed(one, by, field) for one in value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [f.name for f in dataclasses.fields(value)]
            return dataclasses.replace(value, **{n: _scrubbed(getattr(value, n), by, n) for n in names})
        case _:
            return value


def _named(name: str, value: object, by: Scrubber, field: str) -> object:
    return "" if isinstance(value, str) and TOKEN_FIELD.search(name) else _scrubbed(value, by, field)


def _school(school: School, by: Scrubber) -> School:
    """Secrets are taken out of what a person may have typed; the rest is the school's own file."""
    return dataclasses.replace(
        school,
        base_url=by.hide(address(school.base_url)),
        former_urls=tuple(by.hide(address(url)) for url in school.former_urls),
        menu_labels=tuple(by.hide(label) for label in school.menu_labels),
        notes=by.hide(school.notes),
        notes_en=by.hide(school.notes_en),
        known=by.hide(school.known),
    )


def _people(recording: Recording, secrets: Iterable[str]) -> People:
    classes: set[str] = set(recording.school.kinds) | KNOWN_KINDS
    texts = list(_strings(recording))
    for event in sent_events(recording):
        classes |= set(clean(class_of(event)).split())
        texts += [text for text in event.values() if isinstance(text, str)]
    persons = {person for title in sent_titles(recording) for person in title.teachers}
    names = {name for text in texts for name in named(text)}
    names |= {word for secret in secrets for word in _LOGIN_WORD.findall(mail_name(secret))}
    kept = {part for code in classes for part in re.split(r"[\W_]+", code)}
    return People(sorted(persons), sorted(names), kept)


def _sessions(recording: Recording) -> Iterator[str]:
    """What proves to the portal who asks: session ids, view states, values of fields named like tokens."""
    for text in _strings(recording):
        yield from (found for found in SESSION.findall(text) if len(found) >= _TELLING)
    for capture in recording.captures:
        yield from (v for n, v in capture.request.items() if TOKEN_FIELD.search(n) and len(v) >= _TELLING)
        try:
            held = updates(capture.body)
        except AurionError:
            yield from _HIDDEN_VALUE.findall(capture.body)
        else:
            yield from (v.strip() for n, v in held.items() if TOKEN_FIELD.search(n) and len(v.strip()) >= _TELLING)


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from (text for one in value.values() for text in _strings(one))
        case tuple() | list():
            yield from (text for one in value for text in _strings(one))
        case _ if dataclasses.is_dataclass(value):
            yield from (t for f in dataclasses.fields(value) for t in _strings(getattr(value, f.name)))
        case _:
            return
