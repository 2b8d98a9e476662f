"""Describe changes and counts as text for users, and changes as data for programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from textwrap import shorten
from zoneinfo import ZoneInfo

from scraper.domain.changes import KINDS, Added, Cancelled, Change, known_event
from scraper.domain.planning import DAY, Event
from scraper.domain.text import fold_blanks, truncate
from scraper.i18n import Catalogue
from scraper.ical.event_text import EventText
from scraper.publishing.local_times import format_day

BRIEF_PARTS = ("rooms", "teachers", "subject", "kind", "note")
WIDTH = 60
"""The maximum length of a value in a brief change; the calendar shows it in full."""
MAX_WIDTH = 200
"""The maximum length of a title or value in a list: one text of the portal must not fill the screen."""
TOMORROW = 2
PARTS = ("subject", "kind", "rooms", "teachers", "note", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedChange:
    """A change as text: the kind, the lesson's title, and its time (before and after where they differ).

    `kind` is the name used in the JSON output. `details` are the other differing fields: name, before and after.
    `is_exam` is that of the lesson as it is now.
    """

    kind: str
    title: str
    when: str
    details: tuple[tuple[str, str, str], ...] = ()
    is_exam: bool = False


def describe_change(change: Change, words: Catalogue, zone: ZoneInfo) -> DescribedChange:
    """Describe the change; days and hours are in `zone`."""
    event = change.before if isinstance(change, Cancelled) else change.after
    before = event if isinstance(change, Added | Cancelled) else change.before
    nothing = words("changes.nothing")
    return DescribedChange(
        is_exam=event.is_exam,
        kind=KINDS[type(change)], title=event_title(event, words), when=_describe_time(before, event, words, zone),
        details=tuple(
            (words(f"changes.fields.{part}"), truncate(old or nothing, MAX_WIDTH), truncate(new or nothing, MAX_WIDTH))
            for part, old, new in differences(before, event, words)
        ),
    )  # fmt: skip


def format_change(change: Change, words: Catalogue, zone: ZoneInfo) -> str:
    """Return the change on one line: its kind, the lesson, then each field before and after."""
    found = describe_change(change, words, zone)
    head = words(f"changes.{found.kind}", what=found.title, when=found.when)
    details = [words("changes.field", name=n, before=old, after=new) for n, old, new in found.details]
    return words("changes.and").join([head, *details])


def format_counts(numbers: Mapping[str, int], words: Catalogue) -> str:
    """Return the number of changes of each kind on one line; empty without changes."""
    return ", ".join(words(f"changes.counts.{kind}", count=n) for kind, n in numbers.items() if n)


def change_as_data(change: Change, at: datetime | None = None) -> dict[str, object]:
    """Return the change as JSON data; times are ISO 8601 in the school's zone."""
    before, after = events_of(change)
    found: dict[str, object] = {"at": at.isoformat()} if at else {}
    found |= {"change": KINDS[type(change)], "uid": change.uid}
    return found | {"before": _event_data(before), "after": _event_data(after)}


def format_start(event: Event, words: Catalogue, zone: ZoneInfo) -> str:
    """Return the event's day and hour in the school's zone."""
    start = event.start.astimezone(zone)
    return f"{format_day(start, words)} {words('summary.all_day') if event.all_day else words.format_time(start)}"


def differences(before: Event, after: Event, words: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Yield each differing field besides the time: its name, the old and the new value, each on one line."""
    for part in PARTS:
        old, new = (_on_one_line(getattr(event, part)) for event in (before, after))
        if old != new:
            yield part, old, new
    if before.is_exam != after.is_exam:
        old, new = (words("changes.is_exam" if event.is_exam else "changes.is_no_exam") for event in (before, after))
        yield "exam", old, new


def _describe_time(before: Event, after: Event, words: Catalogue, zone: ZoneInfo) -> str:
    """Return the event's time, with the old one where it differs; with the end where the length changed."""
    times = [(event.start.timestamp(), event.end.timestamp(), event.all_day) for event in (before, after)]
    if times[0] == times[1]:
        return format_start(after, words, zone)
    lengths = {end - start for start, end, _ in times}
    show = format_start if len(lengths) == 1 or before.all_day != after.all_day else _span
    return words("changes.arrow", before=show(before, words, zone), after=show(after, words, zone))


def _span(event: Event, words: Catalogue, zone: ZoneInfo) -> str:
    """Return start and end; the end of an all-day event is its last day."""
    end = event.end.astimezone(zone)
    text = format_day(end - DAY, words) if event.all_day else words.format_time(end)
    return words("changes.until", when=format_start(event, words, zone), end=text)


def _on_one_line(value: str | tuple[str, ...]) -> str:
    text = value if isinstance(value, str) else ", ".join(sorted(value))
    return fold_blanks(text)


def _event_data(event: Event | None) -> dict[str, object] | None:
    if event is None:
        return None
    parts = {part: getattr(event, part) for part in PARTS}
    times = {"start": event.start.isoformat(), "end": event.end.isoformat(), "all_day": event.all_day}
    return {"id": event.id, **times, **parts, "exam": event.is_exam}


def event_title(event: Event, words: Catalogue) -> str:
    """Return the event's title, as in the calendar but without the mark of an exam, and at most MAX_WIDTH long."""
    return truncate(EventText(words=words, kinds=words.table("calendar.kinds"), labels={}).title(event), MAX_WIDTH)


def format_change_briefly(change: Change, now: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    """Return the change on one short line: the day as seen from `now`, the time, the lesson, then what changed."""
    before, after = events_of(change)
    kind = "exam" if is_new_exam(change) else KINDS[type(change)]
    parts = list(_brief_differences(before, after, words)) if before and after else []
    new_start = format_relative_start(after, now, zone, words) if after else ""
    described = parts if kind == "edited" and parts else [words(f"news.{kind}", after=new_start), *parts]
    event = known_event(change)
    return words(
        "news.line", when=format_relative_start(event, now, zone, words), what=event_title(event, words),
        change=words("news.and").join(described),
    )  # fmt: skip


def format_relative_start(event: Event, now: datetime, zone: ZoneInfo, words: Catalogue) -> str:
    """Return the event's day ("today", "tomorrow" or a date) and its time."""
    start, today = event.start.astimezone(zone), now.astimezone(zone).date()
    days = (start.date() - today).days
    if 0 <= days < TOMORROW:
        day = words("news.tomorrow" if days else "news.today")
    else:
        day = words.format_date(start, "EEE dd/MM")
    return day if event.all_day else f"{day} {words.format_time(start, 'H:mm')}"


def events_of(change: Change) -> tuple[Event | None, Event | None]:
    """Return the event before and after the change; None where there was none."""
    return getattr(change, "before", None), getattr(change, "after", None)


def is_new_exam(change: Change) -> bool:
    """Return whether the lesson is an exam since this change."""
    before, after = events_of(change)
    return after is not None and after.is_exam and (before is None or not before.is_exam)


def _brief_differences(before: Event, after: Event, words: Catalogue) -> Iterator[str]:
    found = {part: values for part, *values in differences(before, after, words)}
    for part in BRIEF_PARTS:
        if part in found:
            old, new = (shorten(value, WIDTH, placeholder="…") or words("changes.nothing") for value in found[part])
            yield words(f"news.parts.{part}", before=old, after=new)
