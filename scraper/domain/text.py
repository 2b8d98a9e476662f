"""Normalise the portal's texts: HTML entities, invisible characters, unusual line ends."""

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html.entities import html5

from scraper.domain.printable import BIDI, SURROGATE

_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]*);")
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
_UNSEEN = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200c\u2060\ufeff\ufffe\uffff{BIDI}]"
    # A joiner stays inside an emoji that is made of two.
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
)
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u2032\u00b4`", "'"))
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b)")
_JOINED = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])")
_ODD = re.compile("[^\n -%'-~]")
"""Anything but line ends and printable ASCII without `&`."""


def _character(entity: re.Match[str]) -> str:
    if entity[1].startswith("#"):
        return html.unescape(entity[0])
    return html5.get(f"{entity[1]};", entity[0])


def unescape_entities(text: str) -> str:
    """Return `text` with HTML entities resolved once; text that only resembles one (`R&D`, `B&notes`) stays."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def clean(text: str) -> str:
    r"""Return `text` with entities resolved, line ends as `\n`, without invisible characters, composed (NFC).

    Zero-width spaces, entities and control characters all occur in recorded titles.
    """
    if not _ODD.search(text):
        return text
    text = _LINE_END.sub("\n", unescape_entities(text)).replace("\t", " ")
    text = SURROGATE.sub("\ufffd", _UNSEEN.sub("", text))
    return unicodedata.normalize("NFC", text)


def fold_blanks(text: str) -> str:
    """Return `text` on one line, each run of blanks as one blank."""
    return " ".join(text.split())


def truncate(text: str, most: int) -> str:
    """Return `text`; where it has more than `most` characters, its beginning with an ellipsis, at most as long."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def fold(text: str) -> str:
    """Return the text in lower case, without accents, escapes resolved, blanks folded, typographic quotes replaced."""
    plain = html.unescape(html.unescape(text)).translate(_APOSTROPHES)
    letters = unicodedata.normalize("NFKD", plain.casefold())
    letters = "".join(c for c in letters if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(letters.split())


fold_short = lru_cache(maxsize=8192)(fold)
"""`fold` with a cache, for texts that recur all year: subjects, teachers, rooms."""


def normalise_label(label: str) -> str:
    """Return a label's words, folded, however they are joined: `E.D.T.`, `Emploi-du-temps`, `MonPlanning`."""
    return " ".join(re.findall(r"[^\W_]+", _INITIALS.sub(r"\1", fold(_JOINED.sub(" ", label)))))


def has(text: str, phrases: Iterable[str]) -> bool:
    """Return whether one of the phrases occurs in the folded text as whole words."""
    return any(re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) for phrase in phrases)
