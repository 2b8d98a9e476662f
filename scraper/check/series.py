"""Series: EXDATE, RDATE and RECURRENCE-ID name a lesson of a series only where they are written as its DTSTART is."""

import re
from typing import TYPE_CHECKING, NamedTuple

from scraper.check.finding import Report

if TYPE_CHECKING:
    from scraper.check.component import Component, Seen

RULES = {"EXDATE": "exdate-type", "RDATE": "rdate-type", "RECURRENCE-ID": "recurrence-id-type"}
MOMENT = re.compile(r"[0-9]{8}(?:T[0-9]{6}(Z?))?", re.IGNORECASE)
MOST_SERIES = 10_000
MOST_MOVED = 10_000


class Moved(NamedTuple):
    """One date of a series that has an entry of its own."""

    uid: int
    line: int
    form: str
    value: str


def form_of(value: str, zone: str) -> str:
    """Return how a moment is written: "date", "local" or "absolute" (with a zone or in UTC); empty if it is none."""
    found = MOMENT.match(value)
    if found is None:
        return ""
    if found[1] is None:
        return "date"
    return "absolute" if found[1] or zone else "local"


def judge_dates(component: "Component", report: Report) -> None:
    """Compare each EXDATE and RDATE of a component with its DTSTART."""
    if not (start := component.seen.get("DTSTART")):
        return
    expected = form_of(start.value, start.head.zone)
    for (name, form), seen in component.forms.items():
        if name != "RECURRENCE-ID" and expected and form != expected:
            report.add(RULES[name], seen.line, value=seen.value, start=start.value)


class Series:
    """The series of one calendar, and the moved dates that wait for theirs: it may come later in the file."""

    def __init__(self) -> None:
        self._starts: dict[int, Seen] = {}
        self._moved: list[Moved] = []

    def take(self, entry: "Component") -> None:
        """Note a series, or one of its dates."""
        uid, start = hash((entry.name, entry.value("UID"))), entry.seen.get("DTSTART")
        if "RECURRENCE-ID" in entry.seen:
            if len(self._moved) < MOST_MOVED:
                dates = [(form, seen) for (name, form), seen in entry.forms.items() if name == "RECURRENCE-ID"]
                self._moved += [Moved(uid, seen.line, form, seen.value) for form, seen in dates]
        elif start and entry.seen.keys() & {"RRULE", "RDATE"} and len(self._starts) < MOST_SERIES:
            self._starts.setdefault(uid, start)

    def judge(self, report: Report) -> None:
        """Compare each moved date with the DTSTART of its series."""
        for moved in self._moved:
            if start := self._starts.get(moved.uid):
                expected = form_of(start.value, start.head.zone)
                if expected and moved.form != expected:
                    report.add(RULES["RECURRENCE-ID"], moved.line, value=moved.value, start=start.value)
