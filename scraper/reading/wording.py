"""Words compared as people do: without case, accents, HTML escapes and doubled blanks."""

import html
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u2032\u00b4`", "'"))
_INITIALS = re.compile(r"\b(\w)\.(?=\w\b)")
_JOINED = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")


def fold(text: str) -> str:
    """The text in lower case, without accents, escapes undone, blanks folded, typographic quotes plain."""
    plain = html.unescape(html.unescape(text)).translate(_APOSTROPHES)
    letters = unicodedata.normalize("NFKD", plain.casefold())
    kept = "".join(c for c in letters if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(kept.split())


def wording(label: str) -> str:
    """The words of a label alone, folded, however they are joined: `E.D.T.`, `Emploi-du-temps`, `MonPlanning`."""
    return " ".join(re.findall(r"[^\W_]+", _INITIALS.sub(r"\1", fold(_JOINED.sub(" ", label)))))


def has(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases stands in the folded text, as whole words."""
    return any(re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) for phrase in phrases)


@cache
def labels() -> Mapping[str, Mapping[str, list[str]]]:
    """The words of `labels.toml`, by table and key."""
    return tomllib.loads(files(__package__).joinpath("labels.toml").read_text(encoding="utf-8"))
