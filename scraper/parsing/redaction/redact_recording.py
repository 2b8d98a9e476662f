"""Redaction of a recording so that it can be shared and still gives the same events.

Login and password in any common encoding, sessions, view states and tokens are removed; people's names are replaced by
invented ones. Only the tags of a page that came instead of events are kept.
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
from scraper.parsing.redaction.people import People, find_names
from scraper.parsing.redaction.redact_response import Scrubber
from scraper.parsing.redaction.redact_urls import SESSION, TOKEN_FIELD, clean_url, remove_tokens
from scraper.parsing.redaction.secrets import mail_name, secret_remover
from scraper.parsing.redaction.sent_events import sent_events, sent_titles
from scraper.parsing.title_layouts import KNOWN_KINDS

__all__ = ["scrub", "scrub_text"]

_ADDRESSES = frozenset({"address", "action", "base_url", "former_urls"})
_TEXTS = frozenset({"title", "text", "messages", "label", "path", "facts", "request"})
_HIDDEN_VALUE = re.compile(r"\bvalue\s*=\s*[\"']([^\"']{6,})[\"']", re.IGNORECASE)
_LOGIN_WORD = re.compile(r"[^\W\d_]{3,}")
_SHORTEST_SECRET = 6


def scrub(recording: Recording, secrets: Iterable[str]) -> Recording:
    """Return the recording without `secrets` (login, password), sessions, tokens and people's names.

    Names are invented at each call, and are the same for one person throughout. Reading the result gives the same
    events except for names and the queries of addresses, or fails with the same error.
    """
    known_secrets = [secret for secret in secrets if secret]
    hide = secret_remover((*known_secrets, *_sessions(recording)))
    people = _collect_people(recording, known_secrets)

    def scrub_sentence(text: str) -> str:
        return people.rename(remove_tokens(hide(text)))

    def scrub_markup(text: str) -> str:
        return people.rename_in_markup(remove_tokens(hide(text)))

    scrubber = Scrubber(hide=hide, sentence=scrub_sentence, markup=scrub_markup)
    return _scrub_value(recording, scrubber)  # type: ignore[no-any-return]


def scrub_text(text: str, secrets: Iterable[str]) -> str:
    """Return the text without `secrets`, sessions and tokens. Names stay: such a text is only for its owner."""
    sessions = (found for found in SESSION.findall(text) if len(found) >= _SHORTEST_SECRET)
    return remove_tokens(secret_remover((*secrets, *sessions))(text))


def _scrub_value(value: Any, scrubber: Scrubber, field: str = "") -> Any:  # noqa: ANN401 - any field of a recording
    match value:
        case School():
            return _scrub_school(value, scrubber)
        case str() if field in _ADDRESSES:
            return scrubber.hide(clean_url(value))
        case str() if field == "body":
            return scrubber.body(value)
        case str():
            return scrubber.sentence(value) if field in _TEXTS else scrubber.hide(value)
        case Mapping():
            return {scrubber.hide(name): _scrub_item(name, item, scrubber, field) for name, item in value.items()}
        case tuple() | list():
            return type(value)(_scrub_value(one, scrubber, field) for one in value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [f.name for f in dataclasses.fields(value)]
            return dataclasses.replace(value, **{n: _scrub_value(getattr(value, n), scrubber, n) for n in names})
        case _:
            return value


def _scrub_item(name: str, value: object, scrubber: Scrubber, field: str) -> object:
    return "" if isinstance(value, str) and TOKEN_FIELD.search(name) else _scrub_value(value, scrubber, field)


def _scrub_school(school: School, scrubber: Scrubber) -> School:
    """Remove the secrets from fields that the user may have typed; the other fields come from the school's file."""
    return dataclasses.replace(
        school,
        base_url=scrubber.hide(clean_url(school.base_url)),
        former_urls=tuple(scrubber.hide(clean_url(url)) for url in school.former_urls),
        menu_labels=tuple(scrubber.hide(label) for label in school.menu_labels),
        notes=scrubber.hide(school.notes),
        notes_en=scrubber.hide(school.notes_en),
        known=scrubber.hide(school.known),
    )


def _collect_people(recording: Recording, secrets: Iterable[str]) -> People:
    classes: set[str] = set(recording.school.kinds) | KNOWN_KINDS
    texts = list(_strings(recording))
    for event in sent_events(recording):
        classes |= set(clean(class_of(event)).split())
        texts += [text for text in event.values() if isinstance(text, str)]
    persons = {person for title in sent_titles(recording) for person in title.teachers}
    names = {name for text in texts for name in find_names(text)}
    names |= {word for secret in secrets for word in _LOGIN_WORD.findall(mail_name(secret))}
    kept = {part for code in classes for part in re.split(r"[\W_]+", code)}
    return People(sorted(persons), sorted(names), kept)


def _sessions(recording: Recording) -> Iterator[str]:
    """Yield the values that authenticate to the portal: session ids, view states, fields named like tokens."""
    for text in _strings(recording):
        yield from (found for found in SESSION.findall(text) if len(found) >= _SHORTEST_SECRET)
    for capture in recording.captures:
        yield from (v for n, v in capture.request.items() if TOKEN_FIELD.search(n) and len(v) >= _SHORTEST_SECRET)
        try:
            held_updates = updates(capture.body)
        except AurionError:
            yield from _HIDDEN_VALUE.findall(capture.body)
        else:
            yield from (
                v.strip()
                for n, v in held_updates.items()
                if TOKEN_FIELD.search(n) and len(v.strip()) >= _SHORTEST_SECRET
            )


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
