"""A captured answer for a report: everything in it is masked, and reading it gives what it gave."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from scraper.diagnostics.report.html import skeleton
from scraper.diagnostics.report.masks import Masks
from scraper.domain.text import clean
from scraper.parsing.events import class_of
from scraper.parsing.partial_response import messages, unavailable, updates
from scraper.parsing.redaction.response import reading_outcome
from scraper.parsing.redaction.urls import TOKEN_FIELD
from scraper.parsing.title import read_titles

_TIME = re.compile(r"\s*\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?\s*")
_CODE = frozenset({"className", "classNames"})
_HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\">"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseMasker:
    """Masks bodies. `layouts` are the school's: they tell which part of a title is a person."""

    masks: Masks
    layouts: Sequence[str] = ()

    def body(self, text: str) -> str:
        """The body masked; empty where nothing else fails as it failed."""
        told = reading_outcome(text)
        return next((made for made in self._forms(text, told) if reading_outcome(made) == told), "")

    def _forms(self, text: str, told: str) -> Iterator[str]:
        """The body in its own shape, then in ever plainer ones."""
        match told:
            case "":
                yield self._partial(updates(text))
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

    def _partial(self, held: Mapping[str, str]) -> str:
        made = []
        for name, text in held.items():
            inner = self._update(name, text).replace("]]>", "]]]]><![CDATA[>")
            made.append(f'<update id="{escape(self.masks.identifier(name))}"><![CDATA[{inner}]]></update>')
        return f"{_HEAD}<changes>{''.join(made)}</changes></partial-response>"

    def _error(self, text: str) -> str:
        told = re.sub(r"<!\[CDATA\[(.*?)\]\]>", lambda found: escape(found[1]), text, flags=re.DOTALL)
        made = {}
        for tag in ("error-name", "error-message"):
            found = re.search(rf"<{tag}>(.*?)</{tag}>", told, re.DOTALL)
            made[tag] = escape(self.masks.text(found[1])) if found else ""
        inner = "".join(f"<{tag}>{said}</{tag}>" for tag, said in made.items())
        return f"{_HEAD}<error>{inner}</error></partial-response>"

    def _update(self, name: str, text: str) -> str:
        if TOKEN_FIELD.search(name):
            return "0:0"
        if text.lstrip().startswith(("{", "[")):
            return self._json(text)
        if "<" not in text:
            return self.masks.text(text)
        bare, said = skeleton(text, self.masks), messages({name: text})
        if len(messages({name: bare})) != len(said):
            # A growl speaks in a script, which a skeleton has not.
            told = (escape(self.masks.text(one)) for one in said)
            bare += "".join(f'<span class="ui-messages-info-summary">{one}</span>' for one in told)
        return bare

    def _json(self, text: str) -> str:
        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return "{}"
        if isinstance(found, dict) and isinstance(found.get("events"), list):
            events = self._events(found["events"])
            rest = {name: held for name, held in found.items() if name != "events"}
            found = {**{self.masks.identifier(name): self._any(one) for name, one in rest.items()}, "events": events}
        else:
            found = self._any(found)
        return json.dumps(found, ensure_ascii=False)

    def _events(self, events: Sequence[object]) -> list[object]:
        wire = {
            str(n): (clean(str(event.get("title") or "")), clean(class_of(event)).strip())
            for n, event in enumerate(events)
            if isinstance(event, dict)
        }
        titles = read_titles(wire, self.layouts)
        return [
            self._event(event, titles[str(n)].teachers) if isinstance(event, dict) else self._any(event)
            for n, event in enumerate(events)
        ]

    def _event(self, event: Mapping[str, object], persons: Sequence[str]) -> dict[str, object]:
        return {self.masks.identifier(name): self._part(name, held, persons) for name, held in event.items()}

    def _part(self, name: str, held: object, persons: Sequence[str]) -> object:
        match name, held:
            case "id", str() if held.strip():
                return str(self.masks.number(held.strip()))
            case "id", int() if not isinstance(held, bool):
                return self.masks.number(str(held))
            case "start" | "end", int() | float():
                return held
            case "start" | "end", str() if _TIME.fullmatch(held):
                return held
            case _, str() if name not in _CODE:
                return self.masks.text(held, persons)
            case _:
                return self._any(held)

    def _any(self, held: object) -> object:
        """Any JSON in its shape: texts masked, numbers nought, names of members as ids."""
        match held:
            case str():
                return self.masks.text(held)
            case dict():
                return {self.masks.identifier(name): self._any(one) for name, one in held.items()}
            case list():
                return [self._any(one) for one in held]
            case bool() | None:
                return held
            case _:
                return 0
