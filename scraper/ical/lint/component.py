"""Check one component: collect its properties, and apply the rules about the whole of it at its end (RFC 5545 §3.6)."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from scraper.ical.lint.content_line import OBSERVANCES, Head
from scraper.ical.lint.date_form import DATES, DateForm, form_of
from scraper.ical.lint.finding import FindingCollector, table
from scraper.ical.lint.properties import ComponentKind, kinds
from scraper.ical.lint.rrule import until_of

MOST_NAMES = 100
NEVER_EMPTY = ("PRODID", "TZID", "UID")
LONGEST_KEPT = 1000
ENDS = {"VEVENT": "DTEND", "VTODO": "DUE"}
ALARM_NEEDS = {"DISPLAY": ("DESCRIPTION",), "EMAIL": ("DESCRIPTION", "SUMMARY", "ATTENDEE")}


class PropertyLine(NamedTuple):
    """The first line of a property."""

    line: int
    head: Head
    value: str


@dataclass(slots=True)
class LineCache:
    """A cache for one kind of component: parsed heads, and whole lines that are valid."""

    heads: dict[bytes, Head] = field(default_factory=dict)
    lines: dict[bytes, tuple[Head, str]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Component:
    """A component since its BEGIN: its properties by name, and the number of components inside it by kind.

    `dates` has the first date of each form in which EXDATE, RDATE and RECURRENCE-ID are written.
    """

    name: str
    line: int
    memory: LineCache
    spec: ComponentKind | None
    properties: dict[str, PropertyLine] = field(default_factory=dict)
    inside: Counter[str] = field(default_factory=Counter)
    dates: dict[tuple[str, DateForm], PropertyLine] = field(default_factory=dict)

    def take(self, line: int, head: Head, value: str, report: FindingCollector) -> None:
        """Add a property's line; report a second one of a property that may occur once."""
        if head.name in DATES and self.name not in OBSERVANCES:
            for one in value.split(","):
                if (form := form_of(one, head.zone)) and len(self.dates) < MOST_NAMES:
                    self.dates.setdefault((head.name, form), PropertyLine(line, head, one[:LONGEST_KEPT]))
        if head.name not in self.properties:
            has_room = len(self.properties) < MOST_NAMES and len(head.name) <= MOST_NAMES
            if has_room or (self.spec and head.name in self.spec.known):
                self.properties[head.name] = PropertyLine(line, head, value[:LONGEST_KEPT])
        elif self.spec and head.name in self.spec.once:
            report.add("property-twice", line, source=self.spec.source, name=head.name, component=self.name)

    def value(self, name: str) -> str:
        """Return the value of a property, or ""."""
        properties = self.properties.get(name)
        return properties.value if properties else ""

    def judge(self, report: FindingCollector) -> None:
        """Report the problems that appear only at the end of the component."""
        if self.spec is None:
            return
        empty = {name for name in NEVER_EMPTY if name in self.properties and not self.value(name).strip()}
        if missing := self.spec.required - (self.properties.keys() - empty):
            for name in sorted(missing):
                rule = f"{name.lower()}-missing"
                rule = rule if rule in table("rules") else "property-missing"
                report.add(rule, self.line, source=self.spec.source, name=name, component=self.name)
        if self.name == "VALARM":
            self._judge_alarm(report)
        elif self.name == "VTIMEZONE":
            self._judge_zone(report)
        else:
            self._judge_length(report)
            self._judge_recurrence(report)

    def _judge_length(self, report: FindingCollector) -> None:
        start, end = self.properties.get("DTSTART"), self.properties.get(ENDS.get(self.name, "DTEND"))
        length = self.properties.get("DURATION")
        source = self.spec.source if self.spec else ""
        if end and length:
            report.add("end-and-duration", length.line, source=source, name=end.head.name)
        if start and length and start.head.kind == "DATE" and "T" in length.value.upper():
            report.add("duration-days", length.line, value=length.value)
        if not (start and end):
            return
        facts = {"name": end.head.name, "start": start.value, "end": end.value}
        if start.head.kind != end.head.kind:
            report.add("end-type", end.line, source=source, **facts)
        elif "local" in (forms := _forms(start, end)) and len(forms) > 1:
            report.add("end-floating", end.line, source=source, **facts)
        elif _is_later(start, end) is False:
            report.add("end-order", end.line, source=source, **facts)

    def _judge_recurrence(self, report: FindingCollector) -> None:
        start, rule = self.properties.get("DTSTART"), self.properties.get("RRULE")
        if not (start and rule and (until := until_of(rule.value))):
            return
        zoned = start.value.endswith("Z") or start.head.zone or self.name in OBSERVANCES
        expected = "DATE" if start.head.kind == "DATE" else "UTC" if zoned else "LOCAL"
        found = "DATE" if "T" not in until else "UTC" if until.endswith("Z") else "LOCAL"
        if expected != found:
            report.add("recur-until-type", rule.line, value=until, start=start.value)
        elif self.name not in OBSERVANCES and _is_early(until, start):
            report.add("recur-until-early", rule.line, value=until, start=start.value)

    def _judge_alarm(self, report: FindingCollector) -> None:
        action = self.value("ACTION").upper()
        for name in ALARM_NEEDS.get(action, ()):
            if name not in self.properties:
                report.add("alarm-needs", self.line, name=name, value=action)
        if ("DURATION" in self.properties) != ("REPEAT" in self.properties):
            report.add("alarm-repeat", self.line)

    def _judge_zone(self, report: FindingCollector) -> None:
        standard, daylight = self.inside["STANDARD"], self.inside["DAYLIGHT"]
        if not standard + daylight:
            report.add("zone-empty", self.line, zone=self.value("TZID"))
        if max(standard, daylight) > 1:
            report.add("outlook-observances", self.line, zone=self.value("TZID"))


def _forms(*moments: PropertyLine) -> set[str]:
    return {form.kind for properties in moments if (form := form_of(properties.value, properties.head.zone))}


def _is_early(until: str, start: PropertyLine) -> bool:
    """Return whether a series ends before it starts; with a zone, its end in UTC may be on the day before."""
    if not start.head.zone:
        return until < start.value
    with suppress(ValueError, OverflowError):
        days = [datetime.strptime(text[:8], "%Y%m%d").date() for text in (until, start.value)]  # noqa: DTZ007 - dates
        return days[0] < days[1] - timedelta(days=1)
    return False


def _is_later(start: PropertyLine, end: PropertyLine) -> bool | None:
    """Return whether the end is later than the start; None where they differ in zone or form and cannot be compared."""
    clocks = [(one.head.zone, one.value.endswith("Z"), len(one.value)) for one in (start, end)]
    return end.value > start.value if clocks[0] == clocks[1] else None


def open_component(name: str, line: int, memory: LineCache) -> Component:
    """Return a component that begins on `line`; components of one kind share their cache."""
    return Component(name=name, line=line, memory=memory, spec=kinds().get(name))
