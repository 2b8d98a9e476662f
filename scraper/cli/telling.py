"""A change in people's words, and as data."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.changes import KINDS, Added, Cancelled, Change, Moved
from scraper.planning import Event
from scraper.words import Words

PARTS = ("subject", "kind", "rooms", "teachers", "note", "description")


def line(change: Change, words: Words, zone: ZoneInfo) -> str:
    """What changed, in one line: the word for it first, then the lesson, before and after."""
    kind = KINDS[type(change)]
    match change:
        case Added(after=event) | Cancelled(before=event):
            return words(f"changes.{kind}", what=name_of(event, words), when=moment(event, words, zone))
        case Moved(before=before, after=after):
            when = words("changes.arrow", before=moment(before, words, zone), after=_after(before, after, words, zone))
        case _:
            before, after = change.before, change.after
            when = moment(after, words, zone)
    told = words(f"changes.{kind}", what=name_of(after, words), when=when)
    details = "; ".join(
        words("changes.field", name=words(f"changes.fields.{part}"), before=old or "—", after=new or "—")
        for part, old, new in differences(before, after)
    )
    return f"{told} ; {details}" if details else told


def data(change: Change, at: datetime | None = None) -> dict[str, object]:
    """The change for programs: times in ISO 8601, in the school's zone."""
    before, after = getattr(change, "before", None), getattr(change, "after", None)
    found: dict[str, object] = {"at": at.isoformat()} if at else {}
    found |= {"change": KINDS[type(change)], "uid": change.uid}
    return found | {"before": _plain(before), "after": _plain(after)}


def name_of(event: Event, words: Words) -> str:
    """What a person calls it."""
    return event.subject or event.note.split("\n")[0] or event.kind or words("summary.untitled")


def moment(event: Event, words: Words, zone: ZoneInfo) -> str:
    """Its day and hour, in the school's zone."""
    start = event.start.astimezone(zone)
    return f"{day_of(start, words)} {words('summary.all_day') if event.all_day else f'{start:%H:%M}'}"


def day_of(start: datetime, words: Words) -> str:
    """The day, with its name."""
    return words(
        "summary.day", name=words.table("days")[str(start.isoweekday())], day=start.strftime(words("summary.date"))
    )


def differences(before: Event, after: Event) -> Iterator[tuple[str, str, str]]:
    """What else differs: the part's name, and both values on one line."""
    for part in PARTS:
        old, new = (_told(getattr(event, part)) for event in (before, after))
        if old != new:
            yield part, old, new


def _after(before: Event, after: Event, words: Words, zone: ZoneInfo) -> str:
    """Where it went; its end too, where only its length changed."""
    told = moment(after, words, zone)
    if before.start == after.start and before.all_day == after.all_day:
        return words("changes.until", when=told, end=f"{after.end.astimezone(zone):%H:%M}")
    return told


def _told(value: str | tuple[str, ...]) -> str:
    text = value if isinstance(value, str) else ", ".join(sorted(value))
    return " ".join(text.split())


def _plain(event: Event | None) -> dict[str, object] | None:
    if event is None:
        return None
    parts = {part: getattr(event, part) for part in PARTS}
    return {"id": event.id, "start": event.start.isoformat(), "end": event.end.isoformat(), **parts}
