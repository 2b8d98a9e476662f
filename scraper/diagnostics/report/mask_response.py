"""Masking of a captured response for a report, so that it is still parsed with the same result."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape

from scraper.diagnostics.report.html import skeleton
from scraper.diagnostics.report.masks import Masks
from scraper.domain.recording import Recording
from scraper.domain.text import clean
from scraper.errors import AurionError
from scraper.parsing.events import class_of, wire_events
from scraper.parsing.partial_response import messages, unavailable, updates
from scraper.parsing.redaction.redact_response import CDATA, reading_outcome
from scraper.parsing.redaction.redact_urls import TOKEN_FIELD
from scraper.parsing.title import read_titles
from scraper.parsing.title_fields import Title

_TIME = re.compile(r"\s*\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?\s*")
_CODE = frozenset({"className", "classNames"})
_HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\">"


def sent_titles(recording: Recording) -> list[Title]:
    """Parse the titles of all events sent, with their repetitions, even of responses that the parser rejects."""
    events: list[object] = []
    for capture in recording.captures:
        with suppress(AurionError):
            for text in updates(capture.body).values():
                events += wire_events(text) or ()
    return list(read_titles(_wire(events), recording.school.layouts, recording.school.kinds).values())


def _wire(events: Sequence[object]) -> dict[str, tuple[str, str]]:
    """Return title and class of each event, by its position."""
    return {
        str(n): (clean(str(event.get("title") or "")), clean(class_of(event)).strip())
        for n, event in enumerate(events)
        if isinstance(event, dict)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseMasker:
    """A masker of response bodies. The school's `layouts` show which part of a title is a name."""

    masks: Masks
    layouts: Sequence[str] = ()

    def body(self, text: str) -> str:
        """Return the masked body; empty if no masked form gives the same result when parsed."""
        outcome = reading_outcome(text)
        return next((form for form in self._forms(text, outcome) if reading_outcome(form) == outcome), "")

    def _forms(self, text: str, original: str) -> Iterator[str]:
        """Yield masked forms of the body with decreasing detail; `original` is the result of parsing the original."""
        match original:
            case "":
                yield self._mask_partial(updates(text))
            case "ViewExpired":
                yield f"{_HEAD}<error><error-name>ViewExpiredException</error-name></error></partial-response>"
            case "SessionExpired redirect":
                yield f'{_HEAD}<redirect url="/"/></partial-response>'
            case "PortalChanged server-error":
                yield self._error(text)
            case "PortalChanged doctype":
                yield "<!DOCTYPE html><partial-response/>"
            case _:
                bare = skeleton(text, self.masks)
                yield bare
                yield f"{bare}<p>{unavailable(text)}</p>"
                yield '<form><input type="password"/></form>'

    def _mask_partial(self, blocks: Mapping[str, str]) -> str:
        parts = []
        for name, text in blocks.items():
            inner = self._update(name, text).replace("]]>", "]]]]><![CDATA[>")
            parts.append(f'<update id="{escape(self.masks.identifier(name))}"><![CDATA[{inner}]]></update>')
        return f"{_HEAD}<changes>{''.join(parts)}</changes></partial-response>"

    def _error(self, text: str) -> str:
        escaped = CDATA.sub(lambda found: escape(found[1]), text)
        texts = {}
        for tag in ("error-name", "error-message"):
            found = re.search(rf"<{tag}>(.*?)</{tag}>", escaped, re.DOTALL)
            texts[tag] = escape(self.masks.text(found[1])) if found else ""
        inner = "".join(f"<{tag}>{masked}</{tag}>" for tag, masked in texts.items())
        return f"{_HEAD}<error>{inner}</error></partial-response>"

    def _update(self, name: str, text: str) -> str:
        if TOKEN_FIELD.search(name):
            return "0:0"
        if text.lstrip().startswith(("{", "[")):
            return self._json(text)
        if "<" not in text:
            return self.masks.text(text)
        bare, shown = skeleton(text, self.masks), messages({name: text})
        if len(messages({name: bare})) != len(shown):
            # PrimeFaces shows a growl's message by a script, which the skeleton omits.
            masked = (escape(self.masks.text(one)) for one in shown)
            bare += "".join(f'<span class="ui-messages-info-summary">{one}</span>' for one in masked)
        return bare

    def _json(self, text: str) -> str:
        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return "{}"
        if isinstance(found, dict) and isinstance(found.get("events"), list):
            events = self._events(found["events"])
            rest = {name: held for name, held in found.items() if name != "events"}
            found = {
                **{self.masks.identifier(name): self._mask_value(one) for name, one in rest.items()},
                "events": events,
            }
        else:
            found = self._mask_value(found)
        return json.dumps(found, ensure_ascii=False)

    def _events(self, events: Sequence[object]) -> list[object]:
        titles = read_titles(_wire(events), self.layouts)
        return [
            self._event(event, titles[str(n)].teachers) if isinstance(event, dict) else self._mask_value(event)
            for n, event in enumerate(events)
        ]

    def _event(self, event: Mapping[str, object], persons: Sequence[str]) -> dict[str, object]:
        return {self.masks.identifier(name): self._part(name, value, persons) for name, value in event.items()}

    def _part(self, name: str, value: object, persons: Sequence[str]) -> object:
        match name, value:
            case "id", str() if value.strip():
                return str(self.masks.number(value.strip()))
            case "id", int() if not isinstance(value, bool):
                return self.masks.number(str(value))
            case "start" | "end", int() | float():
                return value
            case "start" | "end", str() if _TIME.fullmatch(value):
                return value
            case _, str() if name not in _CODE:
                return self.masks.text(value, persons)
            case _:
                return self._mask_value(value)

    def _mask_value(self, value: object) -> object:
        """Mask any JSON value: texts are masked, numbers become 0, member names are masked as ids."""
        match value:
            case str():
                return self.masks.text(value)
            case dict():
                return {self.masks.identifier(name): self._mask_value(one) for name, one in value.items()}
            case list():
                return [self._mask_value(one) for one in value]
            case bool() | None:
                return value
            case _:
                return 0
