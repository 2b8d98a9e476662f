"""Words compared as people do: without case, accents, HTML escapes and doubled blanks."""

import html
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files


def fold(text: str) -> str:
    """The text in lower case, without accents, escapes undone, blanks folded, typographic quotes plain."""
    plain = html.unescape(html.unescape(text)).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    letters = unicodedata.normalize("NFKD", plain.casefold())
    kept = "".join(c for c in letters if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return " ".join(kept.split())


def has(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases stands in the folded text, as whole words."""
    return any(re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) for phrase in phrases)


@cache
def labels() -> Mapping[str, Mapping[str, list[str]]]:
    """The words of `labels.toml`, by table and key."""
    return tomllib.loads(files(__package__).joinpath("labels.toml").read_text(encoding="utf-8"))
