"""A change in people's words, and as data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.domain.changes import KINDS, Added, Cancelled, Change, counts
from scraper.domain.planning import DAY, Event
from scraper.i18n import Catalogue
from scraper.publishing.times import day_of

PARTS = ("subject", "kind", "rooms", "teachers", "note", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedChange:
    """A change in words: its kind by the contract's name, the lesson, when (before and after where they differ).

    `details` are what else differs: its name, before and after.
    """

    kind: str
    what: str
    when: str
    details: tuple[tuple[str, str, str], ...] = ()


def describe_change(change: Change, words: Catalogue, zone: ZoneInfo) -> DescribedChange:
    """What changed; days and hours of `zone`."""
    kind = KINDS[type(change)]
    if isinstance(change, Added | Cancelled):
        event = change.after if isinstance(change, Added) else change.before
        return DescribedChange(kind=kind, what=event_title(event, words), when=moment(event, words, zone))
    before, after = change.before, change.after
    details = tuple(
        (words(f"changes.fields.{part}"), old or words("changes.nothing"), new or words("changes.nothing"))
        for part, old, new in differences(before, after, words)
    )
    return DescribedChange(
        kind=kind, what=event_title(after, words), when=_when(before, after, words, zone), details=details
    )


def line(change: Change, words: Catalogue, zone: ZoneInfo) -> str:
    """What changed, in one line: the word for it first, then the lesson, before and after."""
    found = describe_change(change, words, zone)
    told = words(f"changes.{found.kind}", what=found.what, when=found.when)
    details = [words("changes.field", name=n, before=old, after=new) for n, old, new in found.details]
    return words("changes.and").join([told, *details])


def format_counts(changes: Iterable[Change], words: Catalogue) -> str:
    """How many of each kind, on one line; empty where there is none."""
    return ", ".join(words(f"changes.counts.{name}", count=n) for name, n in counts(changes).items() if n)


def data(change: Change, at: datetime | None = None) -> dict[str, object]:
    """The change for programs: times in ISO 8601, in the school's zone."""
    before, after = getattr(change, "before", None), getattr(change, "after", None)
    found: dict[str, object] = {"at": at.isoformat()} if at else {}
    found |= {"change": KINDS[type(change)], "uid": change.uid}
    return found | {"before": _plain(before), "after": _plain(after)}


def moment(event: Event, words: Catalogue, zone: ZoneInfo) -> str:
    """Its day and hour, in the school's zone."""
    start = event.start.astimezone(zone)
    return f"{day_of(start, words)} {words('summary.all_day') if event.all_day else f'{start:%H:%M}'}"


def differences(before: Event, after: Event, words: Catalogue) -> Iterator[tuple[str, str, str]]:
    """What else differs: the part's name, and both values on one line."""
    for part in PARTS:
        old, new = (_told(getattr(event, part)) for event in (before, after))
        if old != new:
            yield part, old, new
    if before.is_exam != after.is_exam:
        old, new = (words("changes.is_exam" if event.is_exam else "changes.is_no_exam") for event in (before, after))
        yield "exam", old, new


def _when(before: Event, after: Event, words: Catalogue, zone: ZoneInfo) -> str:
    """Its hour, and the one before where that is another; with its end where it became longer or shorter."""
    times = [(event.start.timestamp(), event.end.timestamp(), event.all_day) for event in (before, after)]
    if times[0] == times[1]:
        return moment(after, words, zone)
    lengths = {end - start for start, end, _ in times}
    tell = moment if len(lengths) == 1 or before.all_day != after.all_day else _span
    return words("changes.arrow", before=tell(before, words, zone), after=tell(after, words, zone))


def _span(event: Event, words: Catalogue, zone: ZoneInfo) -> str:
    """From when until when; of whole days the last one."""
    end = event.end.astimezone(zone)
    told = day_of(end - DAY, words) if event.all_day else f"{end:%H:%M}"
    return words("changes.until", when=moment(event, words, zone), end=told)


def _told(value: str | tuple[str, ...]) -> str:
    text = value if isinstance(value, str) else ", ".join(sorted(value))
    return " ".join(text.split())


def _plain(event: Event | None) -> dict[str, object] | None:
    if event is None:
        return None
    parts = {part: getattr(event, part) for part in PARTS}
    times = {"start": event.start.isoformat(), "end": event.end.isoformat(), "all_day": event.all_day}
    return {"id": event.id, **times, **parts, "exam": event.is_exam}


def event_title(event: Event, words: Catalogue) -> str:
    """What a person calls it."""
    return event.subject or event.note.split("\n")[0] or event.kind or words("summary.untitled")
