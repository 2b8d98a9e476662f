"""Hints of `aurion check` with a value to write: it removes the finding without another error."""

import re
from collections.abc import Callable
from typing import Any

from scraper.i18n import Catalogue
from scraper.ical.lint.finding import Finding, table
from tests.cases import for_each
from tests.ical.lint.test_rules import BROKEN, GOOD, rules, written

Fix = Callable[[list[str], int, Finding], None]
"""Change the lines; the number is that of the line with the finding."""


def remove(lines: list[str], at: int, _: Finding) -> None:
    """Remove the line."""
    del lines[at]


def value(text: str) -> Fix:
    """Return a fix that writes the value after the name and its parameters."""

    def write(lines: list[str], at: int, _: Finding) -> None:
        lines[at] = f"{lines[at].partition(':')[0]}:{text}"

    return write


def write_allowed_value(lines: list[str], at: int, finding: Finding) -> None:
    """Write the first value that the message allows."""
    allowed = finding.facts["allowed"]
    first = allowed.split(",")[0] if isinstance(allowed, str) else next(iter(allowed))  # type: ignore[call-overload]
    value(first.strip())(lines, at, finding)


def write_uid(lines: list[str], at: int, finding: Finding) -> None:
    """Write a UID in place of an empty one, else on a new line."""
    if "UID:" in lines:
        lines.remove("UID:")
    add("UID:new")(lines, at, finding)


def add(*new: str, below: str = "") -> Fix:
    """Return a fix that adds lines after the line with the finding, or after the first that begins with `below`."""

    def write(lines: list[str], at: int, _: Finding) -> None:
        number = next(n for n, line in enumerate(lines[at:], at) if line.startswith(below))
        lines[number + 1 : number + 1] = new

    return write


def change(pattern: str, by: str) -> Fix:
    """Return a fix that replaces a pattern in the line."""

    def write(lines: list[str], at: int, _: Finding) -> None:
        lines[at] = re.sub(pattern, by, lines[at], count=1)

    return write


def write_missing(lines: list[str], at: int, finding: Finding) -> None:
    """Add the property with a valid value."""
    values = {
        "VERSION": "2.0", "TZID": "Europe/Paris", "TZOFFSETTO": "+0100", "TZOFFSETFROM": "+0200",
        "DTSTAMP": "20261102T060000Z", "ACTION": "DISPLAY", "TRIGGER": "-PT15M", "DESCRIPTION": "soon",
    }  # fmt: skip
    name = str(finding.facts["name"])
    lines.insert(at + 1, f"{name}:{values[name]}")


def remove_repeat(lines: list[str], _: int, __: Finding) -> None:
    """Remove REPEAT, which has no DURATION beside it."""
    lines.remove("REPEAT:2")


FIXES: dict[str, tuple[str, Fix]] = {
    "property-missing": ("Add it", write_missing),
    "alarm-needs": ("Add it", write_missing),
    "word": ("one of these", write_allowed_value),
    "status": ("one of these", write_allowed_value),
    "property-twice": ("Keep one", remove),
    "prodid-missing": ("Add PRODID", add("PRODID:-//example//example//EN")),
    "nextcloud-prodid": ("Add it", add("PRODID:-//example//example//EN")),
    "method": ("Omit METHOD", remove),
    "property-misplaced": ("Remove it", remove),
    "property-unknown": ("with X-", change("^", "X-")),
    "blank-line": ("Remove it", remove),
    "before-begin": ("Remove it", remove),
    "after-end": ("Remove it", remove),
    "name-alone": ("Write both", add("X-WR-CALNAME:Lessons")),
    "color": ("steelblue", value("steelblue")),
    "value-missing": ("Write {name};VALUE={type}", change("REFRESH-INTERVAL", "REFRESH-INTERVAL;VALUE=DURATION")),
    "duration": ("PT6H", value("PT6H")),
    "nextcloud-refresh": (
        "Add REFRESH-INTERVAL;VALUE=DURATION:PT6H and X-PUBLISHED-TTL:PT6H",
        add("REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H"),
    ),
    "utc-offset": ("+0100", value("+0100")),
    "zone-start": ("Remove the Z", change("Z$", "")),
    "uid-missing": ("its own UID", write_uid),
    "uid-twice": ("its own UID", value("other")),
    "utc": ("Z at the end", change("$", "Z")),
    "google-modified": ("Add LAST-MODIFIED", add("LAST-MODIFIED:20261102T060000Z")),
    "date": ("20261130", value("20261130")),
    "tzid-date": ("Remove the TZID", change(";TZID=[^;:]*", "")),
    "tzid-utc": ("or the Z", change("Z$", "")),
    "duration-days": ("P1D", value("P1D")),
    "end-and-duration": ("Keep one", remove),
    "floating": ("Z at the end", change("$", "Z")),
    "integer": ("digits only", value("1")),
    "geo": ("50.6;3.05", value("50.6;3.05")),
    "cal-address": ("mailto:name@example.org", value("mailto:name@example.org")),
    "uri": ("https://", value("https://example.org")),
    "encoding": ("Add ENCODING=BASE64", change("BINARY", "BINARY;ENCODING=BASE64")),
    "escape": (r"Write \\\\ for a backslash", change(r"premi\\è", r"premi\\\\è")),
    "parameter-twice": ("Keep one", change(";LANGUAGE=en", "")),
    "parameter-misplaced": ("Remove it", change(";TZID=[^;:]*", "")),
    "recur-until-count": ("Keep one", change(";UNTIL=[^;]*", "")),
    "recur-until-type": ("UTC with Z", change("UNTIL=[^;]*", "UNTIL=20261201T080000Z")),
    "alarm-repeat": ("remove both", remove_repeat),
    "component-unknown": ("with X-", change("MADEUP", "X-MADEUP")),
    "outlook-rdate": ("Write RRULE", remove),
}
"""A part of each hint, and its fix."""
CASES = [(there, instead, rule) for there, instead, rule, *_ in BROKEN if rule in FIXES]


@for_each(("there", "instead", "rule"), CASES)
def test_hint_removes_its_finding(there: str, instead: str, rule: str) -> None:
    """The fix causes no other error."""
    follows, fix = FIXES[rule]
    assert follows.replace("\\\\\\\\", "\\\\") in Catalogue("en")._find(f"check.rules.{rule}.hint")
    broken = GOOD.replace(there, instead)
    found = rules(written(broken))
    lines = broken.removesuffix("\n").split("\n")
    fix(lines, found[rule].line - 1, found[rule])
    if rule == "component-unknown":
        lines = [line.replace("END:MADEUP", "END:X-MADEUP") for line in lines]
    after: dict[str, Any] = dict(rules(written("\n".join(lines) + "\n")))
    same = after.get(rule)
    assert same is None or (same.line, same.facts) != (found[rule].line, found[rule].facts)
    assert {one for one in after if after[one].level == "error"} <= {
        one for one in found if found[one].level == "error"
    }


def test_all_followed_hints_belong_to_rules() -> None:
    """The names of FIXES are rules of the checker."""
    assert FIXES.keys() <= table("rules").keys()
    assert len(FIXES) > 40
