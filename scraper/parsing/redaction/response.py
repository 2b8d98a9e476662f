"""What the portal sent, scrubbed in its own shape: same spacing, order and ids; other names, no secrets."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

from scraper.errors import AurionError
from scraper.parsing.partial_response import messages, unavailable, updates
from scraper.parsing.redaction.urls import TOKEN_FIELD, address, without_tokens

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
    """How texts are scrubbed: `hide` secrets; `spoken` names and addresses too; `markup` keeps entities."""

    hide: Callable[[str], str]
    spoken: Callable[[str], str]
    markup: Callable[[str], str]

    def body(self, text: str) -> str:
        """A response's body: a partial response in its shape, a page as bare tags; it fails as it failed."""
        told = verdict(text)
        scrubbed = self._partial(text) if told in _IN_SHAPE else self._page(text)
        return scrubbed if verdict(scrubbed) == told else ""

    def _page(self, text: str) -> str:
        word = unavailable(text) if verdict(text) == "PortalUnavailable" else ""
        return self.bare(text) + (f"<p>{word}</p>" if word else "")

    def _partial(self, text: str) -> str:
        out, at = [], 0
        for update in _UPDATE.finditer(text):
            out += [self._around(text[at : update.start()]), self.hide(update[1])]
            out += [self._held(update["id"], update["held"]), update[5]]
            at = update.end()
        return "".join([*out, self._around(text[at:])])

    def _around(self, text: str) -> str:
        """Markup whose tags stay what they are: names out of its texts, secrets and tokens anywhere."""
        return _PIECE.sub(self._piece, text)

    def _piece(self, piece: re.Match[str]) -> str:
        return without_tokens(self.hide(piece[0])) if piece[1] else self.markup(piece[0])

    def _held(self, name: str, held: str) -> str:
        old = "".join(part if number % 2 else unescape(part) for number, part in enumerate(_CDATA.split(held)))
        new = self._update(name, old)
        return held if new == old else f"<![CDATA[{new.replace(']]>', ']]]]><![CDATA[>')}]]>"

    def _update(self, name: str, text: str) -> str:
        if TOKEN_FIELD.search(name):
            return "0:0"
        if text.lstrip().startswith(("{", "[")):
            return self._json(text)
        if "<" not in text:
            return self.spoken(text)
        if "Growl" in text or messages({name: text}):
            return self._message(text)
        return self.bare(text)

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
            new = self.hide(old) if found[2] or key in _IDS else self.spoken(old)
            return found[0] if new == old else f'"{_encoded(new)}"{found[2] or ""}'

        return _LITERAL.sub(literal, text)

    def _message(self, text: str) -> str:
        """What the portal says to its reader: kept, scrubbed, between tags and in the growl's script."""

        def literal(found: re.Match[str]) -> str:
            try:
                old = json.loads(f'"{found[1]}"', strict=False)
            except ValueError:
                return '""' + (found[2] or "")
            new = self.spoken(old)
            return found[0] if new == old else f'"{_encoded(new)}"{found[2] or ""}'

        text = _HIDDEN.sub(lambda tag: _VALUE.sub(r'\1""', tag[0]), text)
        text = _BETWEEN_TAGS.sub(lambda found: self.spoken(found[0]), _LITERAL.sub(literal, text))
        return self._around(text)

    def bare(self, text: str) -> str:
        """A page's tags with what tells its shape: ids, names, types, where forms go; no text, no value."""
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
                kept.append(f' {name}="{address(value)}"')
        return f"<{tag[1]}{tag[2]}{''.join(kept)}{'/' if tag[3].rstrip().endswith('/') else ''}>"


_IN_SHAPE = frozenset({"", "ViewExpired", "SessionExpired redirect", "PortalChanged server-error"})


def verdict(body: str) -> str:
    """What reading makes of a body: empty for updates, else the error."""
    try:
        updates(body)
    except AurionError as error:
        kind = type(error).__name__
        return kind if kind in {"ViewExpired", "PortalUnavailable"} else f"{kind} {error.reason}"
    return ""


def _encoded(text: str) -> str:
    """As PrimeFaces 5.3 writes it: slashes and some signs escaped."""
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace("/", r"\/")
    return _AS_UNICODE.sub(lambda found: f"\\u{ord(found[0]):04X}", escaped)
