"""Redaction of a captured response so that it is parsed with the same result."""

import re
from collections.abc import Callable
from html import unescape

from scraper.errors import AurionError
from scraper.parsing.partial_response import messages, unavailable, updates
from scraper.parsing.redaction.redact_urls import TOKEN_FIELD, clean_url

_UPDATE = re.compile(
    r"(<update\b[^>]*?\bid=(?P<quote>[\"'])(?P<id>.*?)(?P=quote)[^>]*>)"
    r"(?P<content>(?:<!\[CDATA\[.*?\]\]>|[^<])*)(?=</update>)",
    re.DOTALL,
)
CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_QUIET = re.compile(r"(<(script|style)\b[^>]*>).*?(</\2\s*>)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)((?:\"[^\"]*\"|'[^']*'|[^'\">])*)>|<!doctype\s+[\w-]+", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_KEPT = frozenset(
    {"id", "name", "type", "class", "for", "aria-live", "role", "method", "lang", "charset", "xmlns", "version"}
)
INPUT = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
_VALUE = re.compile(r"(\bvalue\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_PARTIAL = frozenset({"", "ViewExpired", "SessionExpired redirect", "PortalChanged server-error"})
"""The outcomes of parsing a partial response."""


def redact_body(body: str, clean: Callable[[str], str]) -> str:
    """Return the body with its texts passed through `clean` and without form values; of a page only the tags stay.

    The result is empty if it would not be parsed with the same outcome.
    """
    outcome = reading_outcome(body)
    if outcome in _PARTIAL:
        redacted = clean(_UPDATE.sub(_redact_update, body))
    else:
        notice = unavailable(body) if outcome == "PortalUnavailable" else ""
        redacted = clean(_bare_tags(body)) + (f"<p>{notice}</p>" if notice else "")
    return redacted if reading_outcome(redacted) == outcome else ""


def reading_outcome(body: str) -> str:
    """Return the outcome of parsing a body: empty for updates, else the error."""
    try:
        updates(body)
    except AurionError as error:
        kind = type(error).__name__
        return kind if kind in {"ViewExpired", "PortalUnavailable"} else f"{kind} {error.reason}"
    return ""


def _redact_update(update: re.Match[str]) -> str:
    original = "".join(part if n % 2 else unescape(part) for n, part in enumerate(CDATA.split(update["content"])))
    redacted = _redact_content(update["id"], original)
    if redacted == original:
        return update[0]
    return f"{update[1]}<![CDATA[{redacted.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _redact_content(name: str, text: str) -> str:
    if TOKEN_FIELD.search(name):
        return "0:0"
    if "<" not in text or text.lstrip().startswith(("{", "[")):
        return text
    if "Growl" in text or messages({name: text}):
        return INPUT.sub(lambda tag: _VALUE.sub(r'\1""', tag[0]), text)
    return _bare_tags(text)


def _bare_tags(page: str) -> str:
    """Return a page's tags with ids, names, types and form targets only; without text and values."""
    return "".join(map(_bare_tag, _TAG.finditer(_QUIET.sub(r"\1\3", page))))


def _bare_tag(tag: re.Match[str]) -> str:
    if tag[2] is None:
        return f"{tag[0]}>"
    kept = []
    for name, quoted in _ATTRIBUTE.findall(tag[3]):
        if name.lower() in _KEPT:
            kept.append(f' {name}="{quoted[1:-1]}"')
        elif name.lower() == "action":
            kept.append(f' {name}="{clean_url(quoted[1:-1])}"')
    return f"<{tag[1]}{tag[2]}{''.join(kept)}{'/' if tag[3].rstrip().endswith('/') else ''}>"
