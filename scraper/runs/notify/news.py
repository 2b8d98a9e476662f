"""The changes worth a notification: lessons of the next days and new exams. Pure: the clock is an argument."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import shorten
from zoneinfo import ZoneInfo

from scraper.domain.changes import KINDS, Change
from scraper.domain.planning import Event
from scraper.i18n import Catalogue
from scraper.publishing.describe import event_title

MOST = 6
"""The maximum number of lines in a notification."""
WIDTH = 60
"""The maximum length of a value in a notification; the calendar shows it in full."""
TOMORROW = 2
PARTS = ("rooms", "teachers", "subject", "kind", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsPreferences:
    """The changes to notify of: those of lessons in the next `days` (0: none), and new exams."""

    days: int = 0
    exams: bool = False


def news(
    changes: Iterable[Change], preferences: NewsPreferences, now: datetime, zone: ZoneInfo, words: Catalogue
) -> list[str]:
    """Return lines for the changes that match the preferences, see `change_lines`."""
    return change_lines(_select(changes, preferences, now, zone), now, zone, words)


def change_lines(changes: Iterable[Change], now: datetime, zone: ZoneInfo, words: Catalogue) -> list[str]:
    """Return one line per change, the earliest lesson first, at most MOST, then a line with the number of the others.

    Times are in `zone`.
    """
    ordered = sorted(changes, key=_start)
    lines = list(dict.fromkeys(change_line(change, now.astimezone(zone), zone, words) for change in ordered))
    if (more := len(lines) - MOST) > 0:
        return [*lines[:MOST], words("news.more", count=more)]
    return lines


def change_line(change: Change, now: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    """Return a change as a line: the day, the time, the lesson, what changed."""
    before, after = _before(change), _after(change)
    kind = "exam" if _is_new_exam(change) else KINDS[type(change)]
    parts = list(_differences(before, after, words)) if before and after else []
    new_start = format_relative_start(after, now, zone, words) if after else ""
    described = parts if kind == "edited" and parts else [words(f"news.{kind}", after=new_start), *parts]
    event = _event(change)
    return words(
        "news.line",
        when=format_relative_start(event, now, zone, words),
        what=event_title(event, words),
        told=words("news.and").join(described),
    )


def format_relative_start(event: Event, now: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    """Return the event's day ("today", "tomorrow" or a date) and its time."""
    start, today = event.start.astimezone(zone), now.astimezone(zone).date()
    days = (start.date() - today).days
    if 0 <= days < TOMORROW:
        day = words("news.tomorrow" if days else "news.today")
    else:
        day = words("summary.day", name=words.table("days")[str(start.isoweekday())], day=start.strftime("%d/%m"))
    return day if event.all_day else f"{day} {start.hour}:{start:%M}"


def _select(changes: Iterable[Change], preferences: NewsPreferences, now: datetime, zone: ZoneInfo) -> Iterator[Change]:
    """Yield the changes of lessons that, before or after the change, are not over and within the preferred days."""
    last = now.astimezone(zone).date() + timedelta(days=preferences.days)
    for change in changes:
        events = [event for event in (_before(change), _after(change)) if event and event.end > now]
        near = preferences.days and any(event.start.astimezone(zone).date() <= last for event in events)
        if events and (near or (preferences.exams and _is_new_exam(change))):
            yield change


def _is_new_exam(change: Change) -> bool:
    before, after = _before(change), _after(change)
    return after is not None and after.is_exam and (before is None or not before.is_exam)


def _differences(before: Event, after: Event, words: Catalogue) -> Iterator[str]:
    nothing = words("changes.nothing")
    for part in PARTS:
        old, new = (_shorten(getattr(event, part)) for event in (before, after))
        if old != new:
            yield words(f"news.parts.{part}", before=old or nothing, after=new or nothing)


def _before(change: Change) -> Event | None:
    return getattr(change, "before", None)


def _after(change: Change) -> Event | None:
    return getattr(change, "after", None)


def _event(change: Change) -> Event:
    """Return the event that the user knows: before the change if there was one, else after it."""
    event = _before(change) or _after(change)
    assert event is not None  # noqa: S101 - each kind has one
    return event


def _start(change: Change) -> datetime:
    return _event(change).start


def _shorten(value: str | Sequence[str]) -> str:
    return shorten(value if isinstance(value, str) else ", ".join(sorted(value)), WIDTH, placeholder="…")
