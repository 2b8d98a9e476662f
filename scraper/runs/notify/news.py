"""What of the changes found is news for a person: in the next days, and exams newly set. Pure: the clock is told."""

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
"""Lines that a notification has room for."""
WIDTH = 60
"""Letters of a value; the calendar has the whole."""
TOMORROW = 2
PARTS = ("rooms", "teachers", "subject", "kind", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsPreferences:
    """What somebody wants to hear of: changes of lessons within so many days (0: none), exams newly set."""

    days: int = 0
    exams: bool = False


def news(
    changes: Iterable[Change], wish: NewsPreferences, now: datetime, zone: ZoneInfo, words: Catalogue
) -> list[str]:
    """One line each, the soonest first, a few at most; times in `zone`."""
    return lines(_wanted(changes, wish, now, zone), now, zone, words)


def lines(changes: Iterable[Change], now: datetime, zone: ZoneInfo, words: Catalogue) -> list[str]:
    """All of them, told in the same way."""
    wanted = sorted(changes, key=_start)
    told = list(dict.fromkeys(line(change, now.astimezone(zone), zone, words) for change in wanted))
    if (more := len(told) - MOST) > 0:
        return [*told[:MOST], words("news.more", count=more)]
    return told


def line(change: Change, now: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    """The day, the hour, the lesson, and what became of it."""
    before, after = _before(change), _after(change)
    kind = "exam" if _is_new_exam(change) else KINDS[type(change)]
    parts = list(_differences(before, after, words)) if before and after else []
    went = moment(after, now, zone, words) if after else ""
    told = parts if kind == "edited" and parts else [words(f"news.{kind}", after=went), *parts]
    event = _event(change)
    return words(
        "news.line",
        when=moment(event, now, zone, words),
        what=event_title(event, words),
        told=words("news.and").join(told),
    )


def moment(event: Event, now: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    """Its day as people say it, and its hour."""
    start, today = event.start.astimezone(zone), now.astimezone(zone).date()
    days = (start.date() - today).days
    if 0 <= days < TOMORROW:
        day = words("news.tomorrow" if days else "news.today")
    else:
        day = words("summary.day", name=words.table("days")[str(start.isoweekday())], day=start.strftime("%d/%m"))
    return day if event.all_day else f"{day} {start.hour}:{start:%M}"


def _wanted(changes: Iterable[Change], wish: NewsPreferences, now: datetime, zone: ZoneInfo) -> Iterator[Change]:
    """A lesson counts where it is still to come, before or after the change, and its day is near enough."""
    last = now.astimezone(zone).date() + timedelta(days=wish.days)
    for change in changes:
        events = [event for event in (_before(change), _after(change)) if event and event.end > now]
        near = wish.days and any(event.start.astimezone(zone).date() <= last for event in events)
        if events and (near or (wish.exams and _is_new_exam(change))):
            yield change


def _is_new_exam(change: Change) -> bool:
    before, after = _before(change), _after(change)
    return after is not None and after.is_exam and (before is None or not before.is_exam)


def _differences(before: Event, after: Event, words: Catalogue) -> Iterator[str]:
    nothing = words("changes.nothing")
    for part in PARTS:
        old, new = (_told(getattr(event, part)) for event in (before, after))
        if old != new:
            yield words(f"news.parts.{part}", before=old or nothing, after=new or nothing)


def _before(change: Change) -> Event | None:
    return getattr(change, "before", None)


def _after(change: Change) -> Event | None:
    return getattr(change, "after", None)


def _event(change: Change) -> Event:
    """The one that people know it by: as it was, where it was."""
    event = _before(change) or _after(change)
    assert event is not None  # noqa: S101 - each kind has one
    return event


def _start(change: Change) -> datetime:
    return _event(change).start


def _told(value: str | Sequence[str]) -> str:
    return shorten(value if isinstance(value, str) else ", ".join(sorted(value)), WIDTH, placeholder="…")
