"""Check dates of a series: EXDATE, RDATE and RECURRENCE-ID match only in the same form as the series' DTSTART."""

import re
from typing import NamedTuple

from scraper.ical.lint.component import Component, PropertyLine
from scraper.ical.lint.date_form import DateForm, form_of
from scraper.ical.lint.finding import FindingCollector

OTHER_HOURS = re.compile(r"BY(?:HOUR|MINUTE|SECOND)=|FREQ=(?:HOUR|MINUTE|SECOND)LY", re.IGNORECASE)
MOST_SERIES = 10_000


class SeriesStart(NamedTuple):
    """The DTSTART of a series; `steady`: all its dates have the same hour."""

    form: DateForm | None
    value: str
    steady: bool


def judge_dates(component: Component, report: FindingCollector) -> None:
    """Compare each EXDATE and RDATE of a component with its DTSTART."""
    if start := _start_of(component):
        for (name, form), seen in component.dates.items():
            if name != "RECURRENCE-ID":
                _compare(name, form, seen, start, report)


class Series:
    """The series of one calendar, and their moved dates, which may come before the series."""

    def __init__(self) -> None:
        self._starts: dict[int, SeriesStart] = {}
        self._moved: list[tuple[int, DateForm, PropertyLine]] = []

    def take(self, entry: Component) -> None:
        """Record a series or one of its moved dates."""
        uid, start = hash((entry.name, entry.value("UID"))), _start_of(entry)
        if "RECURRENCE-ID" in entry.properties:
            if len(self._moved) < MOST_SERIES:
                dates = [(form, seen) for (name, form), seen in entry.dates.items() if name == "RECURRENCE-ID"]
                self._moved += [(uid, form, seen) for form, seen in dates]
        elif start and entry.properties.keys() & {"RRULE", "RDATE"} and len(self._starts) < MOST_SERIES:
            self._starts.setdefault(uid, start)

    def judge(self, report: FindingCollector) -> None:
        """Compare each moved date with the DTSTART of its series."""
        for uid, form, seen in self._moved:
            if start := self._starts.get(uid):
                _compare("RECURRENCE-ID", form, seen, start, report)


def _start_of(component: Component) -> SeriesStart | None:
    seen = component.properties.get("DTSTART")
    if seen is None:
        return None
    rule = component.value("RRULE")
    steady = bool(rule) and "RDATE" not in component.properties and not OTHER_HOURS.search(rule)
    return SeriesStart(form_of(seen.value, seen.head.zone), seen.value, steady)


def _compare(name: str, form: DateForm, seen: PropertyLine, start: SeriesStart, report: FindingCollector) -> None:
    rule, facts = name.lower(), {"value": seen.value, "start": start.value}
    if start.form is None:
        return
    if (form.kind == "date") != (start.form.kind == "date"):
        report.add(f"{rule}-type", seen.line, **facts)
    elif form.kind != start.form.kind:
        report.add(f"{rule}-floating", seen.line, **facts)
    elif start.steady and form.zone == start.form.zone and form.hour != start.form.hour:
        report.add(f"{rule}-hour", seen.line, **facts)
