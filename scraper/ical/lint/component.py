"""One component, open or just closed: what was seen in it, and what its end shows (RFC 5545 §3.6)."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from scraper.ical.lint.content_line import OBSERVANCES, Head
from scraper.ical.lint.finding import Report, table
from scraper.ical.lint.properties import ComponentKind, kinds
from scraper.ical.lint.rrule import until_of
from scraper.ical.lint.series import DATES, Way, judge_dates, way_of

MOST_NAMES = 100
NEVER_EMPTY = ("PRODID", "TZID", "UID")
LONGEST_KEPT = 1000
ENDS = {"VEVENT": "DTEND", "VTODO": "DUE"}
ALARM_NEEDS = {"DISPLAY": ("DESCRIPTION",), "EMAIL": ("DESCRIPTION", "SUMMARY", "ATTENDEE")}


class Seen(NamedTuple):
    """The first line of a property."""

    line: int
    head: Head
    value: str


@dataclass(slots=True)
class Memory:
    """What the lines of one kind of component share: heads read, and whole lines that were right."""

    heads: dict[bytes, Head] = field(default_factory=dict)
    lines: dict[bytes, tuple[Head, str]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Component:
    """A component since its BEGIN: the properties by name, and how many of each component it holds.

    `dates` has the first date of each way in which EXDATE, RDATE and RECURRENCE-ID are written.
    """

    name: str
    line: int
    memory: Memory
    spec: ComponentKind | None
    seen: dict[str, Seen] = field(default_factory=dict)
    inside: Counter[str] = field(default_factory=Counter)
    dates: dict[tuple[str, Way], Seen] = field(default_factory=dict)

    def take(self, line: int, head: Head, value: str, report: Report) -> None:
        """A property's line; a second one of what may stand once is a breach."""
        if head.name in DATES and self.name not in OBSERVANCES:
            for one in value.split(","):
                if (way := way_of(one, head.zone)) and len(self.dates) < MOST_NAMES:
                    self.dates.setdefault((head.name, way), Seen(line, head, one[:LONGEST_KEPT]))
        if head.name not in self.seen:
            if (self.spec and head.name in self.spec.known) or self.has_room_for(head):
                self.seen[head.name] = Seen(line, head, value[:LONGEST_KEPT])
        elif self.spec and head.name in self.spec.once:
            report.add("property-twice", line, source=self.spec.source, name=head.name, component=self.name)

    def has_room_for(self, head: Head) -> bool:
        """Whether a name that no rule asks for may still be noted."""
        return len(self.seen) < MOST_NAMES and len(head.name) <= MOST_NAMES

    def value(self, name: str) -> str:
        """The value of a property, or nothing."""
        seen = self.seen.get(name)
        return seen.value if seen else ""

    def judge(self, report: Report) -> None:
        """What only the end shows."""
        if self.spec is None:
            return
        empty = {name for name in NEVER_EMPTY if name in self.seen and not self.value(name).strip()}
        if missing := self.spec.required - (self.seen.keys() - empty):
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
            judge_dates(self, report)

    def _judge_length(self, report: Report) -> None:
        start, end = self.seen.get("DTSTART"), self.seen.get(ENDS.get(self.name, "DTEND"))
        length = self.seen.get("DURATION")
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
        elif "local" in (ways := _forms(start, end)) and len(ways) > 1:
            report.add("end-floating", end.line, source=source, **facts)
        elif _later(start, end) is False:
            report.add("end-order", end.line, source=source, **facts)

    def _judge_recurrence(self, report: Report) -> None:
        start, rule = self.seen.get("DTSTART"), self.seen.get("RRULE")
        if not (start and rule and (until := until_of(rule.value))):
            return
        zoned = start.value.endswith("Z") or start.head.zone or self.name in OBSERVANCES
        expected = "DATE" if start.head.kind == "DATE" else "UTC" if zoned else "LOCAL"
        found = "DATE" if "T" not in until else "UTC" if until.endswith("Z") else "LOCAL"
        if expected != found:
            report.add("recur-until-type", rule.line, value=until, start=start.value)
        elif self.name not in OBSERVANCES and _is_early(until, start):
            report.add("recur-until-early", rule.line, value=until, start=start.value)

    def _judge_alarm(self, report: Report) -> None:
        action = self.value("ACTION").upper()
        for name in ALARM_NEEDS.get(action, ()):
            if name not in self.seen:
                report.add("alarm-needs", self.line, name=name, value=action)
        if ("DURATION" in self.seen) != ("REPEAT" in self.seen):
            report.add("alarm-repeat", self.line)

    def _judge_zone(self, report: Report) -> None:
        standard, daylight = self.inside["STANDARD"], self.inside["DAYLIGHT"]
        if not standard + daylight:
            report.add("zone-empty", self.line, zone=self.value("TZID"))
        if max(standard, daylight) > 1:
            report.add("outlook-observances", self.line, zone=self.value("TZID"))


def _forms(*moments: Seen) -> set[str]:
    return {way.form for seen in moments if (way := way_of(seen.value, seen.head.zone))}


def _is_early(until: str, start: Seen) -> bool:
    """Whether a series ends before it begins; beside a zone UTC may still be on the day before."""
    if not start.head.zone:
        return until < start.value
    with suppress(ValueError, OverflowError):
        days = [datetime.strptime(text[:8], "%Y%m%d").date() for text in (until, start.value)]  # noqa: DTZ007 - dates
        return days[0] < days[1] - timedelta(days=1)
    return False


def _later(start: Seen, end: Seen) -> bool | None:
    """Whether the end is later than the start; None where their clocks cannot be compared as they stand."""
    clocks = [(seen.head.zone, seen.value.endswith("Z"), len(seen.value)) for seen in (start, end)]
    return end.value > start.value if clocks[0] == clocks[1] else None


def opened(name: str, line: int, memory: Memory) -> Component:
    """A component that begins on `line`; those of one kind share their memory."""
    return Component(name=name, line=line, memory=memory, spec=kinds().get(name))
