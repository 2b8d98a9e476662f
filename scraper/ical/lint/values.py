"""Check values by type (RFC 5545 §3.3): each checker returns the rule that a value breaks, or "" for a valid one."""

import re
from calendar import monthrange
from collections.abc import Callable
from functools import partial

from scraper.ical.lint.properties import Property, words
from scraper.ical.lint.rrule import recur

Checker = Callable[[str], str]
_DAY = r"([0-9]{4})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
TIME = r"T(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9]|60)"
DATE = re.compile(_DAY)
DATE_TIME = re.compile(_DAY + TIME + "(Z?)")
CLOCK = r"T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?"
DURATION = re.compile(rf"([+-]?)P(?:[0-9]+W|[0-9]+D(?:{CLOCK})?|{CLOCK})", re.IGNORECASE)
INTEGER = re.compile(r"[+-]?[0-9]+")
GREATEST = 2147483647
FLOAT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
# An offset other than -0000 (§3.3.14), a URI with its scheme (§3.3.13), also a person's (§3.3.3), BASE64 (§3.3.1).
UTC_OFFSET = re.compile(r"(?!-0000(?:00)?$)[+-](?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*")
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_ESCAPED = re.compile(r"(?:[^\\]|\\[\\;,nN])*")
OPEN_END = re.compile(r"(?<!\\)(?:\\\\)*\\$")
COMMAS_ESCAPED = re.compile(r"(?:[^\\,]|\\.)*", re.DOTALL)
LISTED = re.compile(r"(?:[^\\;]|\\.)*", re.DOTALL)
TOKEN_OF_ITS_OWN = re.compile(r"X-[A-Z0-9-]+", re.IGNORECASE)
DAYS_OF_ANY_MONTH = "28"
POLE, DATE_LINE = 90, 180


def date(text: str) -> str:
    """Check an existing date (§3.3.4)."""
    found = DATE.fullmatch(text)
    return "" if found and _is_day(found) else "date"


def moment(text: str, of_local: str = "", of_utc: str = "") -> str:
    """Check a date with a time (§3.3.5); `of_local` and `of_utc` are the rules that one in local time or UTC breaks."""
    found = DATE_TIME.fullmatch(text)
    if found is None or not _is_day(found):
        return "date-time"
    return (of_utc if found[4] else of_local) or ("leap-second" if text[13:15] == "60" else "")


utc_time = partial(moment, of_local="utc")
zoned_time = partial(moment, of_utc="tzid-utc")
any_time = partial(moment, of_local="floating")
"""Without TZID a time must be in UTC: a local one would be floating."""
onset = partial(moment, of_utc="zone-start")
"""A local time, the start of an observance (§3.6.5)."""


def _is_day(found: re.Match[str]) -> bool:
    day = found[3]
    return day <= DAYS_OF_ANY_MONTH or int(day) <= monthrange(int(found[1]), int(found[2]))[1]


def period(text: str, time: Checker) -> str:
    """Check a period: two times in order, or a time and a positive duration (§3.3.9)."""
    start, slash, end = text.partition("/")
    if not slash:
        return "period"
    if broken := time(start):
        return broken
    if end[:1] in {"P", "p", "+", "-"}:
        return "" if DURATION.fullmatch(end) and end[0] != "-" else "period"
    return time(end) or ("" if end > start else "period")


def duration(text: str, *, positive: bool) -> str:
    """Check a duration (§3.3.6)."""
    found = DURATION.fullmatch(text)
    if found is None:
        return "duration"
    return "duration-positive" if positive and (found[1] == "-" or not re.search("[1-9]", text)) else ""


def integer(text: str, bounds: tuple[int, ...]) -> str:
    """Check an integer within the property's bounds (§3.3.8)."""
    if not INTEGER.fullmatch(text):
        return "integer"
    digits = text.lstrip("+-0")
    huge = len(digits) > len(str(GREATEST)) or int(digits or 0) > GREATEST
    if huge and text[0] != "-" and (not bounds or bounds[1] == GREATEST):
        return "integer-huge"
    return "" if not huge and (not bounds or bounds[0] <= int(text) <= bounds[1]) else "range"


def boolean(text: str) -> str:
    """Check for TRUE or FALSE (§3.3.2)."""
    return "" if text.upper() in {"TRUE", "FALSE"} else "boolean"


def matches(text: str, pattern: re.Pattern[str], rule: str) -> str:
    """Check a value against its type's pattern."""
    return "" if pattern.fullmatch(text) else rule


def geo(text: str) -> str:
    """Check latitude and longitude in degrees (§3.8.1.6)."""
    latitude, _, longitude = text.partition(";")
    if not (FLOAT.fullmatch(latitude) and FLOAT.fullmatch(longitude)):
        return "geo"
    return "" if abs(float(latitude)) <= POLE and abs(float(longitude)) <= DATE_LINE else "geo-range"


def css_colour(text: str) -> str:
    """Check a CSS3 colour name (RFC 7986 §5.9)."""
    return "" if text.lower() in words("colours") else "color"


def text_value(text: str, *, several: bool = False) -> str:
    """Check text with escaped backslashes, commas and semicolons (§3.3.11)."""
    if "\\" in text and not _ESCAPED.fullmatch(text):
        return "escape-end" if OPEN_END.search(text) else "escape"
    if "," in text and not several and not COMMAS_ESCAPED.fullmatch(text):
        return "separator"
    return "" if ";" not in text or LISTED.fullmatch(text) else "semicolon"


def one_of(text: str, allowed: tuple[str, ...], rule: str) -> str:
    """Check for one of the allowed words, or an extension that begins with X-."""
    return "" if text.upper() in allowed or TOKEN_OF_ITS_OWN.fullmatch(text) else rule


def anything(_: str) -> str:
    """Accept any value."""
    return ""


def each(text: str, checker: Checker) -> str:
    """Check each value of a list; return the first rule broken."""
    return next(filter(None, map(checker, text.split(","))), "")


def checker_of(known: Property, kind: str, time: Checker) -> Checker:
    """Return the checker for values of type `kind`; `time` is the checker for a date-time in this place."""
    found: Checker | None = {
        "TEXT": partial(text_value, several=True) if known.list else text_value,
        "DATE": date,
        "DATE-TIME": time,
        "PERIOD": partial(period, time=time),
        "DURATION": partial(duration, positive=known.positive),
        "INTEGER": partial(integer, bounds=known.bounds),
        "UTC-OFFSET": partial(matches, pattern=UTC_OFFSET, rule="utc-offset"),
        "RECUR": recur,
        "URI": partial(matches, pattern=URI, rule="uri"),
        "CAL-ADDRESS": partial(matches, pattern=URI, rule="cal-address"),
        "BINARY": partial(matches, pattern=BASE64, rule="binary"),
        "GEO": geo,
        "BOOLEAN": boolean,
    }.get(kind)
    if found is None:
        return anything
    return partial(each, checker=found) if known.list and kind != "TEXT" else found
