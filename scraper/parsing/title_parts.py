"""Recognition of a title's part by its text alone: hours, a kind, a person, a room, a group of students."""

import re
from collections.abc import Sequence
from itertools import pairwise

from scraper.domain.text import fold_blanks
from scraper.parsing.kind_words import kind_in_words
from scraper.parsing.title_fields import KNOWN_KINDS, Classes

_HOUR = r"\d{1,2}\s?[h:](?:\s?\d{2})?"
_SLOT = re.compile(rf"{_HOUR}(?:\s*(?:-|\u2013|à|>|/)\s*{_HOUR})?")
_SIGN = re.compile(r"\n|(?:^|(?<=\s))[-\u2013\u2014•·/>](?=\s|$)|[|;]|::|,(?=\s)")
_CIVILITY = re.compile(
    r"(?i:M\.|MM\.|Mr|Mme|Mlle|Ms|Mrs|Dr|Pr|Prof|Monsieur|Madame|Mademoiselle)\.?\s+(?:d[eu']s?\s*)?[A-ZÀ-Ý]"
)
_SURNAME = r"[A-ZÀ-Ý](?:[A-ZÀ-Ý]|['\u2019-](?=[A-ZÀ-Ý]))+"
_FIRST_NAME = r"[A-ZÀ-Ý][a-zà-ÿ]+(?:-[A-ZÀ-Ý][a-zà-ÿ]+)*"
_SURNAME_FIRST = re.compile(rf"(?:{_SURNAME}\s)+{_FIRST_NAME}(?:\s{_FIRST_NAME})?")
_FIRST_NAME_FIRST = re.compile(rf"(?:{_FIRST_NAME}\s)+{_SURNAME}(?:\s{_SURNAME})*")
_PLACE = re.compile(
    r"(?:[A-Z]{2,}\d?\s+)?(?:amphi(?:th[eé][aâ]tre)?|salles?|labo(?:ratoire)?|gymnase|atelier|hall|room|lab|b[aâ]t(?:iment)?\.?)"
    r"(?:\s+\S+){1,4}|amphi(?:th[eé][aâ]tre)?|gymnase|visio(?:conf[eé]rence)?|distanciel|teams|zoom",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:[A-Z]{2,}\d?\s+)?([A-Z]{1,4}\d?)[ ._-]?(\d{2,4})[A-Za-z]?(?:\s+(?:bis|ter))?"
    r"(?:\s*\([^)]*\)|\s+-\s.*|\s+[A-Z])?"
)
_YEAR = re.compile(r"(?:19|20)\d{2}")
_GROUP = re.compile(
    r"(?i:(?:groupes?|gr|grp|groups?|promo(?:tion)?|classe|section|demi-groupe)\b.*)|.*\bGR?\.?\s?\d+"
    r"|\d[A-Z]{2,}(?:\s\S+)?|[A-Z]{2,}\d{1,2}(?:\s\S+)?",
)
_CODED = re.compile(r"[A-Z0-9][A-Z0-9_.-]*\d[A-Z0-9_.-]*")
_WEAK = frozenset({"/", ","})
_WORD = re.compile(r"[^\W\d_]{3}")


def split_title(title: str) -> tuple[str, list[str]]:
    """Return the most frequent separator of a title, and the parts between it."""
    found = [sign.strip() or sign for sign in _SIGN.findall(title)]  # a line feed stays as it is
    # A slash and a comma also separate two rooms or teachers: they count only if there is no other separator.
    clear = [sign for sign in found if sign not in _WEAK] or found
    sign = "\n" if "\n" in found else max(dict.fromkeys(clear), key=clear.count, default="\n")
    if sign == "\n":
        return sign, title.split("\n")
    before, after = ("", "") if sign in {"|", ";", "::"} else (r"(?:^|(?<=\s))", r"(?=\s|$)")
    pattern = f"{'' if sign == ',' else before}{re.escape(sign)}{after}"
    parts = [fold_blanks(part) for part in re.split(pattern, title)]
    return sign, parts


def layout_separator(sign: str, titles: Sequence[str]) -> str:
    """Return the separator for a written layout, with the blanks that all titles have before and after it."""
    if sign == "\n":
        return sign
    own, spaced = re.escape(sign), sign not in {"|", ";", "::", ","}
    before = spaced or all(len(re.findall(rf"(?:^|(?<=\s)){own}", title)) == title.count(sign) for title in titles)
    after = spaced or all(len(re.findall(rf"{own}(?=\s|$)", title)) == title.count(sign) for title in titles)
    return f"{' ' if before else ''}{sign}{' ' if after or sign == ',' else ''}"


def is_hours(part: str) -> bool:
    """Return whether a part is an hour or a slot: `08h00 à 10h00`."""
    return _SLOT.fullmatch(part.strip()) is not None


def is_kind(part: str, of: Classes) -> bool:
    """Return whether a part is the kind of a lesson: the event's class, a known code or known words."""
    return of.confirms(part) or kind_in_words(part) != ""


def has_civility(part: str) -> bool:
    """Return whether a part consists of names with civilities (`Mme ORVAL / M. LY`), which are unambiguous."""
    return all(_CIVILITY.match(one.strip()) for one in re.split(r"\s/\s|,|;", part))


def may_be_persons(part: str) -> bool:
    """Return whether a part looks like names (`ORVAL Anne`); a subject may look so too (`Programmation WEB`)."""
    names = [one.strip() for one in re.split(r"\s/\s|,|;", part)]
    return has_civility(part) or all(_SURNAME_FIRST.fullmatch(n) or _FIRST_NAME_FIRST.fullmatch(n) for n in names)


def is_room(part: str) -> bool:
    """Return whether a part names rooms, by a common word or by a number: `Amphi Nord`, `IC1_427 / B207`."""
    return all(_is_one_room(fold_blanks(one)) for one in re.split(r"\s/\s|,|;", part))


def is_group(part: str) -> bool:
    """Return whether a part names a group of students: `Groupe 3`, `4IRC GR1`."""
    return _GROUP.fullmatch(fold_blanks(part)) is not None


def may_be_subject(part: str) -> bool:
    """Return whether a part may be the subject of a lesson: it has words, and is not the code of a course."""
    text = fold_blanks(part)
    return _WORD.search(text) is not None and not (_CODED.fullmatch(text) or is_group(text) or is_hours(text))


def join_hours(parts: list[str]) -> list[str]:
    """Join two adjacent hours that were split at the dash between them."""
    beside = {n for n, (one, two) in enumerate(pairwise(parts)) if is_hours(one) and is_hours(two)}
    return [f"{part} - {parts[n + 1]}" if n in beside else part for n, part in enumerate(parts) if n - 1 not in beside]


def _is_one_room(text: str) -> bool:
    if _PLACE.fullmatch(text):
        return True
    numbered = _NUMBERED.fullmatch(text)
    return numbered is not None and numbered[1] not in KNOWN_KINDS and not _YEAR.fullmatch(numbered[2])
