"""The changes worth a notification: lessons of the next days and new exams. Pure: the clock is an argument."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.changes import Change, known_event
from scraper.i18n import Catalogue
from scraper.publishing.describe import events_of, format_change_briefly, is_new_exam

MOST = 6
"""The maximum number of lines in a notification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsPreferences:
    """The changes to notify of: those of lessons in the next `days` (0: none), and new exams."""

    days: int = 0
    exams: bool = False


def news(
    changes: Iterable[Change], preferences: NewsPreferences, now: datetime, zone: ZoneInfo, words: Catalogue,
    *, others: str = "news.more",
) -> list[str]:  # fmt: skip
    """Return lines for the changes that match the preferences, see `change_lines`."""
    return change_lines(_select(changes, preferences, now, zone), now, zone, words, others=others)


def change_lines(
    changes: Iterable[Change], now: datetime, zone: ZoneInfo, words: Catalogue, *, others: str = "news.more"
) -> list[str]:
    """Return one line per change, the earliest lesson first, at most MOST, then a line with the number of the others.

    Times are in `zone`; `others` is the key of the last line.
    """
    ordered = sorted(changes, key=lambda change: known_event(change).start)
    lines = list(dict.fromkeys(format_change_briefly(change, now, zone, words) for change in ordered))
    if (more := len(lines) - MOST) > 0:
        return [*lines[:MOST], words(others, count=more)]
    return lines


def _select(changes: Iterable[Change], preferences: NewsPreferences, now: datetime, zone: ZoneInfo) -> Iterator[Change]:
    """Yield the changes of lessons that, before or after the change, are not over and within the preferred days."""
    last = now.astimezone(zone).date() + timedelta(days=preferences.days)
    for change in changes:
        events = [event for event in events_of(change) if event and event.end > now]
        near = preferences.days and any(event.day(zone) <= last for event in events)
        if events and (near or (preferences.exams and is_new_exam(change))):
            yield change
