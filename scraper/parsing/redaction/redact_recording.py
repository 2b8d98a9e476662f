"""Redaction of a recording: it loses its secrets, and parsing it gives the same events or the same error.

Names of people stay: a recording is as private as the calendar. What is sent to others is masked as well, see
`diagnostics.report`.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from scraper.domain.recording import Recording
from scraper.domain.school import School
from scraper.errors import AurionError
from scraper.parsing.partial_response import updates
from scraper.parsing.redaction.redact_response import redact_body
from scraper.parsing.redaction.redact_urls import SESSION, TOKEN_FIELD, clean_url, remove_tokens
from scraper.parsing.redaction.secrets import secret_remover

_ADDRESSES = frozenset({"address", "action", "base_url", "former_urls"})
_TYPED = frozenset({"base_url", "former_urls", "menu_labels", "notes", "notes_en", "known"})
"""The fields of a school that the user may have typed; the others are needed to parse the recording."""
_HIDDEN_VALUE = re.compile(r"\bvalue\s*=\s*[\"']([^\"']{6,})[\"']", re.IGNORECASE)
_SHORTEST_SECRET = 6


def redact_recording(recording: Recording, secrets: Iterable[str]) -> Recording:
    """Return the recording without `secrets` (login, password) in any encoding, sessions, view states and tokens."""
    hide = secret_remover((*filter(None, secrets), *_sessions(recording)))
    return _redact_value(recording, hide)  # type: ignore[no-any-return]


def redact_text(text: str, secrets: Iterable[str]) -> str:
    """Return the text without `secrets`, sessions and tokens."""
    return remove_tokens(secret_remover((*secrets, *filter(_is_long, SESSION.findall(text))))(text))


def _redact_value(value: Any, hide: Callable[[str], str], field: str = "") -> Any:  # noqa: ANN401 - any field of a recording
    match value:
        case str() if field in _ADDRESSES:
            return hide(clean_url(value))
        case str() if field == "body":
            return redact_body(value, lambda text: remove_tokens(hide(text)))
        case str():
            return remove_tokens(hide(value))
        case Mapping():
            return {
                hide(name): "" if isinstance(one, str) and TOKEN_FIELD.search(name) else _redact_value(one, hide, field)
                for name, one in value.items()
            }
        case tuple() | list():
            return type(value)(_redact_value(one, hide, field) for one in value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = _TYPED if isinstance(value, School) else [one.name for one in dataclasses.fields(value)]
            return dataclasses.replace(value, **{n: _redact_value(getattr(value, n), hide, n) for n in names})
        case _:
            return value


def _sessions(recording: Recording) -> Iterator[str]:
    """Yield the values that authenticate to the portal: session ids, view states, fields named like tokens."""
    for text in _strings(recording):
        yield from filter(_is_long, SESSION.findall(text))
    for capture in recording.captures:
        fields = list(capture.request.items())
        try:
            fields += updates(capture.body).items()
        except AurionError:
            yield from _HIDDEN_VALUE.findall(capture.body)
        values = (value.strip() for name, value in fields if TOKEN_FIELD.search(name))
        yield from filter(_is_long, values)


def _is_long(secret: str) -> bool:
    return len(secret) >= _SHORTEST_SECRET


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
