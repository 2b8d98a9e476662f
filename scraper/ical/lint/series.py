"""Series: EXDATE, RDATE and RECURRENCE-ID name a date of a series only where they are written as its DTSTART is."""

import re
from typing import TYPE_CHECKING, NamedTuple

from scraper.ical.lint.finding import Report

if TYPE_CHECKING:
    from scraper.ical.lint.component import Component, Seen

DATES = {"EXDATE", "RDATE", "RECURRENCE-ID"}
MOMENT = re.compile(r"[0-9]{8}(?:T([0-9]{6})(Z?))?", re.IGNORECASE)
OTHER_HOURS = re.compile(r"BY(?:HOUR|MINUTE|SECOND)=|FREQ=(?:HOUR|MINUTE|SECOND)LY", re.IGNORECASE)
MOST_SERIES = 10_000


class Way(NamedTuple):
    """How a moment is written: its form ("date", "local", or "absolute": in UTC or with a zone), its zone, its hour."""

    form: str
    zone: str
    hour: str


class Start(NamedTuple):
    """The DTSTART of a series; `steady` where each of its dates has the same hour."""

    way: Way | None
    value: str
    steady: bool


def way_of(value: str, zone: str) -> Way | None:
    """Return how a moment is written; None if it is none."""
    found = MOMENT.match(value)
    if found is None:
        return None
    if found[1] is None:
        return Way("date", "", "")
    return Way("absolute" if found[2] or zone else "local", "UTC" if found[2] else zone, found[1])


def judge_dates(component: "Component", report: Report) -> None:
    """Compare each EXDATE and RDATE of a component with its DTSTART."""
    if start := _start_of(component):
        for (name, way), seen in component.dates.items():
            if name != "RECURRENCE-ID":
                _compare(name, way, seen, start, report)


class Series:
    """The series of one calendar, and the moved dates, which may come before theirs."""

    def __init__(self) -> None:
        self._starts: dict[int, Start] = {}
        self._moved: list[tuple[int, Way, Seen]] = []

    def take(self, entry: "Component") -> None:
        """Note a series, or one of its dates."""
        uid, start = hash((entry.name, entry.value("UID"))), _start_of(entry)
        if "RECURRENCE-ID" in entry.seen:
            if len(self._moved) < MOST_SERIES:
                dates = [(way, seen) for (name, way), seen in entry.dates.items() if name == "RECURRENCE-ID"]
                self._moved += [(uid, way, seen) for way, seen in dates]
        elif start and entry.seen.keys() & {"RRULE", "RDATE"} and len(self._starts) < MOST_SERIES:
            self._starts.setdefault(uid, start)

    def judge(self, report: Report) -> None:
        """Compare each moved date with the DTSTART of its series."""
        for uid, way, seen in self._moved:
            if start := self._starts.get(uid):
                _compare("RECURRENCE-ID", way, seen, start, report)


def _start_of(component: "Component") -> Start | None:
    seen = component.seen.get("DTSTART")
    if seen is None:
        return None
    rule = component.value("RRULE")
    steady = bool(rule) and "RDATE" not in component.seen and not OTHER_HOURS.search(rule)
    return Start(way_of(seen.value, seen.head.zone), seen.value, steady)


def _compare(name: str, way: Way, seen: "Seen", start: Start, report: Report) -> None:
    rule, facts = name.lower(), {"value": seen.value, "start": start.value}
    if start.way is None:
        return
    if (way.form == "date") != (start.way.form == "date"):
        report.add(f"{rule}-type", seen.line, **facts)
    elif way.form != start.way.form:
        report.add(f"{rule}-floating", seen.line, **facts)
    elif start.steady and way.zone == start.way.zone and way.hour != start.way.hour:
        report.add(f"{rule}-hour", seen.line, **facts)
