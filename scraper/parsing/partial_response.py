"""Parsing of a JSF partial response, with a separate error for each response that may replace it.

Sources: Jakarta Faces 2.3 §13 (the partial response), recorded answers of PrimeFaces 5.3, 8 and 13.
"""

import json
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from selectolax.lexbor import LexborHTMLParser

from scraper.domain.text import clean, fold_blanks, unescape_entities
from scraper.errors import PortalChanged, PortalUnavailable, SessionExpired, ViewExpired

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>(?=\s*</)", re.DOTALL)
_CDATA_END = re.compile(r"\]\]>(?!<!\[CDATA\[)")
_SPLIT = "]]]]><![CDATA[>"
_CDATA_OR_ENTITY = re.compile(r"<!\[CDATA\[.*?\]\]>|&#?\w+;", re.DOTALL)
_ROOT = re.compile(r"<partial-response[\s/>]")
_HTML = re.compile(r"<(?:html|head|body|title|script|form|div|p|h\d)\b", re.IGNORECASE)
_DECLARATION = re.compile(r"<!(?:doctype|entity)\b", re.IGNORECASE)
_XML_OWN = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
_VIEW_GONE = re.compile(r"ViewExpired|could not be restored|pas (?:pu )?être restaurée?", re.IGNORECASE)
_UNAVAILABLE = re.compile(
    r"maintenance|indisponible|surcharg|momentan[ée]ment|réessayer (?:ultérieurement|plus tard)"
    r"|unavailable|overload|try again later|bad gateway|gateway time-?out",
    re.IGNORECASE,
)
_MOST_CHARACTERS = 200
_JS_TEXT = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_GROWL = re.compile(rf"summary\s*:\s*{_JS_TEXT}\s*,\s*detail\s*:\s*{_JS_TEXT}", re.DOTALL)
_JS_ESCAPE = re.compile(r'\\(?![\\/bfnrtu"])')


def updates(body: str) -> dict[str, str]:
    """Return the updates of a partial response: the new content by id (`form:j_idt118`), in the order sent.

    Raise ViewExpired if the server lost the view state, SessionExpired for a redirect or a login page,
    PortalUnavailable for a page about maintenance, and PortalChanged (`doctype`, `server-error`, `not-partial`) for
    anything else.
    """
    root = _parse_xml(body)
    if (redirect := root.find("redirect")) is not None:
        raise SessionExpired("redirect", address=urlsplit(redirect.get("url", "")).path.split(";")[0])
    if (error := root.find("error")) is not None:
        raise _portal_error(error)
    return {update.get("id", ""): "".join(update.itertext()) for update in root.iter("update")}


def messages(updates: dict[str, str]) -> tuple[str, ...]:
    """Return the portal's distinct messages to the user in these updates (growl, messages)."""
    found: list[str] = []
    for text in updates.values():
        found += (
            _sentence(_parse_js_text(summary), _parse_js_text(detail)) for summary, detail in _GROWL.findall(text)
        )
        if "ui-message" in text:
            found += _messages_shown(text)
    return tuple(dict.fromkeys(sentence for sentence in found if sentence))


def asks_password(page: str) -> bool:
    """Return whether an HTML page has a password field; it is then a login page, even with status 200."""
    return "password" in page.lower() and LexborHTMLParser(page).css_first('input[type="password" i]') is not None


def unavailable(page: str) -> str:
    """Return the words by which an HTML page announces that the portal is unavailable; empty if there are none."""
    tree = LexborHTMLParser(page)
    tree.strip_tags(["script", "style", "template"])
    found = _UNAVAILABLE.search(tree.root.text(separator=" ") if tree.root else "")
    return found[0] if found else ""


def _parse_xml(body: str) -> ET.Element:
    text = _FORBIDDEN.sub("", body).lstrip("\ufeff \t\r\n")
    # JSF does not escape the end of a CDATA section inside a title.
    text = _CDATA.sub(lambda part: f"<![CDATA[{_CDATA_END.sub(_SPLIT, part[1])}]]>", text)
    root = _ROOT.search(text)
    page = _HTML.search(text)
    if root is None or (page and page.start() < root.start()):
        raise _unexpected_error(text)
    # Nested entities can fill the memory from a few bytes of XML; no portal needs a document type.
    if _DECLARATION.search(text[: root.start()]):
        raise PortalChanged("doctype")
    try:
        parsed = ET.fromstring(_CDATA_OR_ENTITY.sub(_escape_for_xml, text))  # noqa: S314 - no DOCTYPE reaches it
    except ET.ParseError as error:
        raise PortalChanged("not-partial") from error
    if parsed.tag != "partial-response":
        raise PortalChanged("not-partial")
    return parsed


def _escape_for_xml(found: re.Match[str]) -> str:
    text = found[0]
    if text.startswith("<") or text in _XML_OWN:
        return text
    plain = _FORBIDDEN.sub("", unescape_entities(text))
    return plain.replace("&", "&amp;").replace("<", "&lt;")


def _unexpected_error(text: str) -> SessionExpired | PortalUnavailable | PortalChanged:
    if not _HTML.search(text):
        return PortalChanged("not-partial")
    if asks_password(text):
        return SessionExpired("login-page")
    if found := unavailable(text):
        return PortalUnavailable("maintenance", host="", detail=found)
    return PortalChanged("not-partial")


def _portal_error(error: ET.Element) -> ViewExpired | PortalChanged:
    name, message = (fold_blanks(clean(error.findtext(tag) or "")) for tag in ("error-name", "error-message"))
    if _VIEW_GONE.search(f"{name} {message}"):
        return ViewExpired("view-expired")
    return PortalChanged("server-error", detail=(message or name)[:_MOST_CHARACTERS])


def _messages_shown(page: str) -> list[str]:
    """Return PrimeFaces' messages: `<span class="ui-messages-error-summary">` with its detail, or either alone."""
    found: list[list[str]] = []
    wanted = '[class^="ui-message"][class$="-summary"], [class^="ui-message"][class$="-detail"]'
    for span in LexborHTMLParser(page).css(wanted):
        if str(span.attributes["class"]).endswith("-detail") and found and len(found[-1]) == 1:
            found[-1].append(span.text())
        else:
            found.append([span.text()])
    return [_sentence(*texts) for texts in found]


def _parse_js_text(literal: str) -> str:
    inner = _JS_ESCAPE.sub("", literal[1:-1])
    if literal.startswith("'"):
        inner = re.sub(r'(?<!\\)"', r"\"", inner)
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError:
        return inner


def _sentence(*texts: str) -> str:
    return " ".join(dict.fromkeys(part for part in (fold_blanks(clean(text)) for text in texts) if part))
