"""Events of a calendar as four parsers read them: icalendar, which wrote it, and three without its code."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import MappingProxyType

import ics
import vobject
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """An event as a parser reads it: instants in UTC, or dates; "" and None for missing values."""

    uid: str
    start: date
    end: date | None
    summary: str
    location: str
    description: str
    categories: frozenset[str]


def moment(value: date) -> date:
    """Return the instant in UTC, or the date; fail for a naive time."""
    if not isinstance(value, datetime):
        return value
    assert value.tzinfo is not None, value
    return value.astimezone(UTC)


def by_icalendar(body: bytes) -> list[Parsed]:
    """Return the events that icalendar reads."""
    return [
        Parsed(
            uid=str(event["UID"]),
            start=moment(event["DTSTART"].dt),
            end=moment(event["DTEND"].dt) if "DTEND" in event else None,
            summary=str(event.get("SUMMARY", "")),
            location=str(event.get("LOCATION", "")),
            description=str(event.get("DESCRIPTION", "")),
            categories=frozenset(map(str, event["CATEGORIES"].cats)) if "CATEGORIES" in event else frozenset(),
        )
        for event in Calendar.from_ical(body).walk("VEVENT")
    ]


def by_ics(body: bytes) -> list[Parsed]:
    """Return the events that ics reads, which stores them in a set."""
    parsed = []
    for event in ics.Calendar(body.decode()).events:
        pick: Callable[[datetime], date] = datetime.date if event.all_day else moment
        parsed.append(
            Parsed(
                uid=event.uid,
                start=pick(event.begin.datetime),
                end=pick(event.end.datetime) if event.has_end() else None,
                summary=event.name or "",
                location=event.location or "",
                description=event.description or "",
                categories=frozenset(event.categories),
            )
        )
    return parsed


def by_vobject(body: bytes) -> list[Parsed]:
    """Return the events that vobject reads, with times from the file's own VTIMEZONE."""
    calendar = vobject.readOne(body.decode())
    return [
        Parsed(
            uid=event.uid.value,
            start=moment(event.dtstart.value),
            end=moment(event.dtend.value) if "dtend" in event.contents else None,
            summary=event.getChildValue("summary", ""),
            location=event.getChildValue("location", ""),
            description=event.getChildValue("description", ""),
            categories=frozenset(event.getChildValue("categories", ())),
        )
        for event in calendar.contents.get("vevent", [])
    ]


def by_ical(body: bytes) -> list[Parsed]:
    """Return the events that ical reads, the parser of Home Assistant: one invalid component loses the calendar."""
    return [
        Parsed(
            uid=event.uid,
            start=moment(event.dtstart),
            end=moment(event.dtend) if event.dtend else None,
            summary=event.summary or "",
            location=event.location or "",
            description=event.description or "",
            categories=frozenset(event.categories),
        )
        for event in IcsCalendarStream.calendar_from_ics(body.decode()).events
    ]


BY: Mapping[str, Callable[[bytes], list[Parsed]]] = MappingProxyType(
    {"icalendar": by_icalendar, "ics": by_ics, "vobject": by_vobject, "ical": by_ical}
)


def read_with_all(body: bytes) -> dict[str, list[Parsed]]:
    """Return the events of each parser by its name, sorted by UID."""
    return {name: sorted(read(body), key=lambda parsed: parsed.uid) for name, read in BY.items()}


def assert_same_events(body: bytes) -> list[Parsed]:
    """Every parser reads the same events; returned as icalendar read them, sorted by UID."""
    read = read_with_all(body)
    expected = read["icalendar"]
    assert read["vobject"] == expected
    assert read["ics"] == [_as_ics_reads(event) for event in expected]
    assert read["ical"] == [_as_ical_reads(event) for event in expected]
    return expected


def _escaped(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def _as_ics_reads(event: Parsed) -> Parsed:
    """Unescape backslashes as ics 0.7.3 does.

    It unescapes in passes, so that an escaped backslash before an n becomes a newline: a bug of its own.
    """

    def mistaken(text: str) -> str:
        reported = _escaped(text)
        for mark, intended in (*zip(";,nNrR", ";,\n\n\r\r", strict=True), ("\\", "\\")):
            reported = reported.replace("\\" + mark, intended)
        return reported

    return replace(
        event,
        summary=mistaken(event.summary),
        location=mistaken(event.location),
        description=mistaken(event.description),
        categories=frozenset(map(mistaken, event.categories)),
    )


def _as_ical_reads(event: Parsed) -> Parsed:
    """Split categories as ical 14.3 does: at each comma, escaped or not, which is a bug."""
    pieces = [piece for category in event.categories for piece in _escaped(category).split(",")]
    read = [re.sub(r"\\(.)", lambda mark: {"n": "\n"}.get(mark[1], mark[1]), piece) for piece in pieces]
    return replace(event, categories=frozenset(read))
