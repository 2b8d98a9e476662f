"""Texts as the portal writes them, made fit to read: entities, unseen characters, odd line ends."""

import re
import unicodedata
from html import unescape
from html.entities import html5

from scraper.printable import BIDI

_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
_UNSEEN = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200c\u2060\ufeff\ufffe\uffff{BIDI}]"
    # A joiner stays where it joins: one emoji of two.
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ODD = re.compile("[&\x00-\x09\x0b-\x1f\x7f-\U0010ffff]")


def _character(entity: re.Match[str]) -> str:
    if entity[1].startswith("#"):
        return unescape(entity[0])
    return html5.get(f"{entity[1]};", entity[0])


def unescaped(text: str) -> str:
    """`text` with its HTML entities resolved, once; what only resembles one (`R&D`, `B&notes`) stays."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def clean(text: str) -> str:
    r"""`text` with entities resolved, line ends as `\n`, without unseen characters, composed (NFC).

    Zero-width spaces, entities and control characters were all seen in recorded titles.
    """
    if not _ODD.search(text):
        return text
    text = _LINE_END.sub("\n", unescaped(text)).replace("\t", " ")
    text = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", text))
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """`text` on one line, each run of blanks one blank."""
    return " ".join(text.split())
