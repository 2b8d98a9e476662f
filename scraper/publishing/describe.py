"""Describe changes as text for users and as data for programs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.domain.changes import KINDS, Added, Cancelled, Change, counts
from scraper.domain.planning import DAY, Event
from scraper.i18n import Catalogue
from scraper.publishing.times import format_day

PARTS = ("subject", "kind", "rooms", "teachers", "note", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedChange:
    """A change as text: the kind, the lesson's title, and its time (before and after where they differ).

    `kind` is the name used in the JSON output. `details` are the other differing fields: name, before and after.
    """

    kind: str
    title: str
    when: str
    details: tuple[tuple[str, str, str], ...] = ()


def describe_change(change: Change, words: Catalogue, zone: ZoneInfo) -> DescribedChange:
    """Describe the change; days and hours are in `zone`."""
    kind = KINDS[type(change)]
    if isinstance(change, Added | Cancelled):
        event = change.after if isinstance(change, Added) else change.before
        return DescribedChange(kind=kind, title=event_title(event, words), when=format_start(event, words, zone))
    before, after = change.before, change.after
    details = tuple(
        (words(f"changes.fields.{part}"), old or words("changes.nothing"), new or words("changes.nothing"))
        for part, old, new in differences(before, after, words)
    )
    return DescribedChange(
        kind=kind, title=event_title(after, words), when=_when(before, after, words, zone), details=details
    )


def format_change(change: Change, words: Catalogue, zone: ZoneInfo) -> str:
    """Return the change on one line: its kind, the lesson, then each field before and after."""
    found = describe_change(change, words, zone)
    head = words(f"changes.{found.kind}", what=found.title, when=found.when)
    details = [words("changes.field", name=n, before=old, after=new) for n, old, new in found.details]
    return words("changes.and").join([head, *details])


def format_counts(changes: Iterable[Change], words: Catalogue) -> str:
    """Return the number of changes of each kind on one line; empty without changes."""
    return ", ".join(words(f"changes.counts.{name}", count=n) for name, n in counts(changes).items() if n)


def change_as_data(change: Change, at: datetime | None = None) -> dict[str, object]:
    """Return the change as JSON data; times are ISO 8601 in the school's zone."""
    before, after = getattr(change, "before", None), getattr(change, "after", None)
    found: dict[str, object] = {"at": at.isoformat()} if at else {}
    found |= {"change": KINDS[type(change)], "uid": change.uid}
    return found | {"before": _plain(before), "after": _plain(after)}


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


def _when(before: Event, after: Event, words: Catalogue, zone: ZoneInfo) -> str:
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
    return " ".join(text.split())


def _plain(event: Event | None) -> dict[str, object] | None:
    if event is None:
        return None
    parts = {part: getattr(event, part) for part in PARTS}
    times = {"start": event.start.isoformat(), "end": event.end.isoformat(), "all_day": event.all_day}
    return {"id": event.id, **times, **parts, "exam": event.is_exam}


def event_title(event: Event, words: Catalogue) -> str:
    """Return a title for the event: its subject, else the first line of its note, else its kind."""
    return event.subject or event.note.split("\n")[0] or event.kind or words("summary.untitled")
