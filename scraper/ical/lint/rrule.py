"""Check RRULE values (RFC 5545 §3.3.10)."""

import re

FREQUENCIES = {"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
UNTIL = re.compile(r"[0-9]{8}(?:T[0-9]{6}Z?)?")
WEEKDAY = "(?:MO|TU|WE|TH|FR|SA|SU)"
BYDAY = re.compile(rf"(?:[+-]?[0-9]{{1,2}})?{WEEKDAY}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
POSITIVE = re.compile(r"0*[1-9][0-9]{0,9}")
# Minimum, maximum, and whether negative numbers are allowed, which count from the end.
BOUNDS = {
    "BYSECOND": (0, 60, False),
    "BYMINUTE": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYMONTH": (1, 12, False),
    "BYSETPOS": (1, 366, True),
}
BY_WEEK_OR_DATE = {"BYMONTHDAY": {"WEEKLY"}, "BYYEARDAY": {"DAILY", "WEEKLY", "MONTHLY"}}
OTHERS_OF_RFC_7529 = {"RSCALE", "SKIP"}
KNOWN = {*BOUNDS, *OTHERS_OF_RFC_7529, "FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "WKST"}


def recur(text: str) -> str:
    """Return the rule that a recurrence breaks, or ""."""
    pairs = [part.partition("=") for part in text.upper().split(";")]
    parts = {name: value for name, _, value in pairs}
    if len(parts) < len(pairs) or parts.get("FREQ") not in FREQUENCIES:
        return "recur"
    if "RSCALE" in parts:  # other calendar systems have other months, such as 13 or 5L
        parts.pop("BYMONTH", None)
    if unknown := parts.keys() - KNOWN:
        return "recur" if "" in unknown else "recur-part"
    if not all(_part(name, value) for name, value in parts.items()):
        return "recur"
    if {"UNTIL", "COUNT"} <= parts.keys():
        return "recur-until-count"
    return _find_conflict(parts)


def until_of(text: str) -> str:
    """Return the value of UNTIL, or ""."""
    found = re.search(r"(?i)(?:^|;)UNTIL=([^;]*)", text)
    return found[1].upper() if found else ""


def _part(name: str, value: str) -> bool:
    if name in BOUNDS:
        return all(_number(one, *BOUNDS[name]) for one in value.split(","))
    if name == "BYDAY":
        return all(map(_weekday, value.split(",")))
    if name in {"COUNT", "INTERVAL"}:
        return POSITIVE.fullmatch(value) is not None
    if name == "UNTIL":
        return UNTIL.fullmatch(value) is not None
    return name in {"FREQ", *OTHERS_OF_RFC_7529} or (name == "WKST" and re.fullmatch(WEEKDAY, value) is not None)


def _number(text: str, first: int, last: int, negative: bool) -> bool:  # noqa: FBT001 - a value of BOUNDS
    if not _NUMBER.fullmatch(text) or (text[0] == "-" and not negative):
        return False
    return first <= abs(int(text)) <= last


def _weekday(text: str) -> bool:
    if not BYDAY.fullmatch(text):
        return False
    return not text[:-2] or _number(text[:-2], *BOUNDS["BYWEEKNO"])


def _find_conflict(parts: dict[str, str]) -> str:
    """Return the rule broken by parts that do not fit FREQ or each other, which some programs refuse; or ""."""
    frequency = parts["FREQ"]
    if any(name in parts and frequency in barred for name, barred in BY_WEEK_OR_DATE.items()):
        return "recur-together"
    numbered = any(len(day) > len("MO") for day in parts.get("BYDAY", "").split(","))
    if "BYWEEKNO" in parts and (numbered or frequency != "YEARLY"):
        return "recur-together"
    alone = "BYSETPOS" in parts and not any(name.startswith("BY") and name != "BYSETPOS" for name in parts)
    return "recur-ignored" if alone or (numbered and frequency not in {"MONTHLY", "YEARLY"}) else ""
