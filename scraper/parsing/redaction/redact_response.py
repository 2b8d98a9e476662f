"""Redaction of the portal's responses that keeps their shape: spacing, order and ids."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from scraper.errors import AurionError
from scraper.parsing.partial_response import messages, unavailable, updates
from scraper.parsing.redaction.redact_urls import TOKEN_FIELD, clean_url, remove_tokens

_UPDATE = re.compile(
    r"(<update\b[^>]*?\bid=(?P<quote>[\"'])(?P<id>.*?)(?P=quote)[^>]*>)"
    r"(?P<held>(?:<!\[CDATA\[.*?\]\]>|[^<])*)(</update>)",
    re.DOTALL,
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?', re.DOTALL)
_QUIET = re.compile(r"(<(script|style)\b[^>]*>).*?(</\2\s*>)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)((?:\"[^\"]*\"|'[^']*'|[^'\">])*)>|<!doctype\s+[\w-]+", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_KEPT = frozenset(
    {
        "id",
        "name",
        "type",
        "class",
        "for",
        "aria-live",
        "role",
        "method",
        "lang",
        "charset",
        "xmlns",
        "version",
    }
)
_BETWEEN_TAGS = re.compile(r"(?<=>)[^<>]+(?=<)")
_PIECE = re.compile(r"(<(?!!\[CDATA)[^>]*>)|<?[^<]+")
_HIDDEN = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
_VALUE = re.compile(r"(\bvalue\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_AS_UNICODE = re.compile("[\x7f-\x9f\u2000-\u20ff]")
_IDS = frozenset({"id", "className", "classNames", "groupId"})
_TIMES = frozenset({"start", "end"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubber:
    """Functions that scrub the parts of a response.

    `hide` removes secrets; `sentence` also replaces names and cleans addresses; `markup` does so without touching
    entities.
    """

    hide: Callable[[str], str]
    sentence: Callable[[str], str]
    markup: Callable[[str], str]

    def body(self, text: str) -> str:
        """Return the scrubbed body, which fails with the same error: a partial response in shape, a page as tags."""
        outcome = reading_outcome(text)
        scrubbed = self._partial_response(text) if outcome in _IN_SHAPE else self._page(text)
        return scrubbed if reading_outcome(scrubbed) == outcome else ""

    def _page(self, text: str) -> str:
        word = unavailable(text) if reading_outcome(text) == "PortalUnavailable" else ""
        return self.bare_tags(text) + (f"<p>{word}</p>" if word else "")

    def _partial_response(self, text: str) -> str:
        out, at = [], 0
        for update in _UPDATE.finditer(text):
            out += [self._around(text[at : update.start()]), self.hide(update[1])]
            out += [self._update_content(update["id"], update["held"]), update[5]]
            at = update.end()
        return "".join([*out, self._around(text[at:])])

    def _around(self, text: str) -> str:
        """Return markup with the same tags: names replaced in its text, secrets and tokens removed everywhere."""
        return _PIECE.sub(self._piece, text)

    def _piece(self, piece: re.Match[str]) -> str:
        return remove_tokens(self.hide(piece[0])) if piece[1] else self.markup(piece[0])

    def _update_content(self, name: str, content: str) -> str:
        original = "".join(part if number % 2 else unescape(part) for number, part in enumerate(_CDATA.split(content)))
        scrubbed = self._update(name, original)
        return content if scrubbed == original else f"<![CDATA[{scrubbed.replace(']]>', ']]]]><![CDATA[>')}]]>"

    def _update(self, name: str, text: str) -> str:
        if TOKEN_FIELD.search(name):
            return "0:0"
        if text.lstrip().startswith(("{", "[")):
            return self._json(text)
        if "<" not in text:
            return self.sentence(text)
        if "Growl" in text or messages({name: text}):
            return self._message(text)
        return self.bare_tags(text)

    def _json(self, text: str) -> str:
        try:
            json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return "{}"
        key = ""

        def literal(found: re.Match[str]) -> str:
            nonlocal key
            old = json.loads(f'"{found[1]}"', strict=False)
            if found[2]:
                key = old
            if key in _TIMES:
                return found[0]
            new = self.hide(old) if found[2] or key in _IDS else self.sentence(old)
            return found[0] if new == old else f'"{_encode_json(new)}"{found[2] or ""}'

        return _LITERAL.sub(literal, text)

    def _message(self, text: str) -> str:
        """Return the portal's message to the user, scrubbed between tags and in the growl's script."""

        def literal(found: re.Match[str]) -> str:
            try:
                old = json.loads(f'"{found[1]}"', strict=False)
            except ValueError:
                return '""' + (found[2] or "")
            new = self.sentence(old)
            return found[0] if new == old else f'"{_encode_json(new)}"{found[2] or ""}'

        text = _HIDDEN.sub(lambda tag: _VALUE.sub(r'\1""', tag[0]), text)
        text = _BETWEEN_TAGS.sub(lambda found: self.sentence(found[0]), _LITERAL.sub(literal, text))
        return self._around(text)

    def bare_tags(self, text: str) -> str:
        """Return a page's tags with ids, names, types and form targets only; without text and values."""
        tags = _TAG.finditer(_QUIET.sub(r"\1\3", text))
        return self.hide("".join(self._tag(tag) for tag in tags))

    def _tag(self, tag: re.Match[str]) -> str:
        if tag[2] is None:
            return f"{tag[0]}>"
        kept = []
        for name, quoted in _ATTRIBUTE.findall(tag[3]):
            value = quoted[1:-1]
            if name.lower() in _KEPT:
                kept.append(f' {name}="{self.markup(value)}"')
            elif name.lower() == "action":
                kept.append(f' {name}="{clean_url(value)}"')
        return f"<{tag[1]}{tag[2]}{''.join(kept)}{'/' if tag[3].rstrip().endswith('/') else ''}>"


_IN_SHAPE = frozenset({"", "ViewExpired", "SessionExpired redirect", "PortalChanged server-error"})


def reading_outcome(body: str) -> str:
    """Return the outcome of reading a body: empty for updates, else the error."""
    try:
        updates(body)
    except AurionError as error:
        kind = type(error).__name__
        return kind if kind in {"ViewExpired", "PortalUnavailable"} else f"{kind} {error.reason}"
    return ""


def _encode_json(text: str) -> str:
    """Return the text as PrimeFaces 5.3 writes it in JSON: slashes and some signs escaped."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace("/", r"\/")
    return _AS_UNICODE.sub(lambda found: f"\\u{ord(found[0]):04X}", escaped)
