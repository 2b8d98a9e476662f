"""Hours of each course in the school year, by kind: done, planned, cancelled; as a table and as CSV. Pure functions."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, timedelta
from io import StringIO

from scraper.domain.matching import TrackedEvent
from scraper.domain.planning import Event
from scraper.domain.rules import RuleOutcome
from scraper.i18n import Catalogue
from scraper.web.pages.timetable.format import Formatter

STATES = ("done", "planned", "cancelled")
Minutes = Counter[str]
"""Minutes by state."""


def count_hours(
    known: Iterable[TrackedEvent], apply_rules: Callable[[Event], RuleOutcome | None], fmt: Formatter, since: date
) -> Mapping[str, Mapping[str, Minutes]]:
    """Return the minutes by course and kind, in alphabetical order; all-day events and hidden ones do not count."""
    found: dict[str, dict[str, Minutes]] = defaultdict(lambda: defaultdict(Counter))
    for one in known:
        outcome = apply_rules(one.event)
        if outcome is None or one.event.all_day or one.event.day(fmt.zone) < since:
            continue
        event = outcome.event
        state = "cancelled" if one.cancelled_since else "done" if event.end <= fmt.now else "planned"
        found[fmt.title(event)][fmt.kind(event)][state] += _length(event) // timedelta(minutes=1)
    courses = sorted(found, key=str.casefold)
    return {course: dict(sorted(found[course].items())) for course in courses}


def _length(event: Event) -> timedelta:
    """Return the real duration, also where clocks change."""
    return event.end.astimezone(UTC) - event.start.astimezone(UTC)


def total(kinds: Mapping[str, Minutes]) -> Minutes:
    """Return the sum of all kinds."""
    return sum(kinds.values(), Counter())


def hours_as_csv(hours: Mapping[str, Mapping[str, Minutes]], words: Catalogue) -> bytes:
    """Return the hours as CSV for a spreadsheet in the user's language, with a byte order mark for Excel."""
    comma, point = words("page.hours.separators").split()
    file = StringIO(newline="")
    writer = csv.writer(file, delimiter=comma)
    writer.writerow(words(f"page.hours.columns.{name}") for name in ("course", "kind", *STATES))
    for course, kinds in hours.items():
        for kind, minutes in kinds.items():
            amounts = (f"{minutes[state] / 60:.2f}".replace(".", point) for state in STATES)
            writer.writerow([_as_text(course), _as_text(kind), *amounts])
    return file.getvalue().encode("utf-8-sig")


def _as_text(value: str) -> str:
    """Return the value so that a spreadsheet does not execute it as a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t")) else value
