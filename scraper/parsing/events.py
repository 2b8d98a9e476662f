"""Parsing of a schedule's update into raw events, for all versions of PrimeFaces and FullCalendar.

PrimeFaces 5.3, which Aurion uses, writes `{"events" : [{"id": "1","start": "2026-03-30T09:05:00+0200"}]}` with
`className`; version 8 writes `+02:00`, version 13 `classNames`. There are recordings of each.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.domain.recording import Capture
from scraper.domain.text import clean
from scraper.errors import PortalChanged, PortalUnavailable, SessionExpired
from scraper.parsing.partial_response import asks_password, messages, updates

_DAY_ALONE = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = re.compile(r"\d{12,14}")
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?")
_SERVER_FAULT = 500
_OLD_OFFSET = re.compile(r".*[+-]\d{4}")
"""An offset as PrimeFaces writes it up to version 7 (FullCalendar 2 and 3); later versions write +02:00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """An event as sent by the portal: aware times in the school's zone, in whole seconds; texts cleaned but not parsed.

    `kind` is the event's class (`COURS_TD`, `est-epreuve`); several classes are joined by a blank.
    """

    id: str
    start: datetime
    end: datetime
    all_day: bool
    title: str
    kind: str
    description: str
    has_end: bool = True
    """Whether the portal sent an end; if not, `end` is FullCalendar's default."""


def parse_capture(capture: Capture, zone: ZoneInfo) -> list[RawEvent]:
    """Return the events of one exchange. Raise PortalUnavailable on 5xx, and what `updates` and `raw_events` raise."""
    if capture.status >= _SERVER_FAULT:
        raise PortalUnavailable("status", host="", status=capture.status, detail="")
    return raw_events(updates(capture.body), capture.source, zone)


def raw_events(updates: Mapping[str, str], source: str, zone: ZoneInfo) -> list[RawEvent]:
    """Return the events of the schedule `source`, in the order sent; times without offset are in `zone`.

    Raise SessionExpired if the updates contain a login page. Raise PortalChanged("no-schedule") if no update contains
    events (an answer without events is not an empty planning), or PortalChanged("event") with id and field if an event
    lacks its id or start, or has an invalid time.
    """
    first = [updates[source]] if source in updates else []
    for text in (*first, *updates.values()):
        if (wire := wire_events(text)) is not None:
            return [_event(event, zone) for event in wire]
    if any(asks_password(text) for text in updates.values()):
        raise SessionExpired("login-page")
    raise PortalChanged("no-schedule", detail=next(iter(messages(dict(updates))), ""))


def wire_events(text: str) -> list[object] | None:
    """Return the list of events in an update's text, as parsed from JSON; None if it contains none."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text, strict=False)  # strict=False, because a portal sent unescaped control characters
    except (ValueError, RecursionError):
        return None
    events = found.get("events")
    return events if isinstance(events, list) else None


def class_of(event: Mapping[str, object]) -> str:
    """Return the event's classes, from either property, joined by a blank."""
    found = event.get("className") or event.get("classNames") or ""
    return " ".join(str(name) for name in found) if isinstance(found, list) else str(found)


def _event(event: object, zone: ZoneInfo) -> RawEvent:
    if not isinstance(event, dict):
        raise PortalChanged("event", id="", field="event")
    name = _id(event.get("id"))
    start, all_day = _time(event, "start", name, zone), _all_day(event, name)
    end = event.get("end")
    has_end = bool(end.strip()) if isinstance(end, str) else end is not None
    return RawEvent(
        id=name,
        start=start,
        end=_time(event, "end", name, zone) if has_end else _default_end(event, start, all_day=all_day),
        has_end=has_end,
        all_day=all_day,
        title=clean(_text(event, "title", name)),
        kind=clean(class_of(event)).strip(),
        description=clean(_description(event, name)).strip(),
    )


def _default_end(event: Mapping[str, object], start: datetime, *, all_day: bool) -> datetime:
    """Return the end that the page shows if the portal sent none: `defaultTimedEventDuration`, or one whole day.

    FullCalendar's default was two hours up to version 3 and has been one hour since version 4.
    """
    if all_day:
        return start
    written = event["start"]
    is_old = not isinstance(written, str) or _OLD_OFFSET.fullmatch(written.strip()) is not None
    return (start.astimezone(UTC) + timedelta(hours=2 if is_old else 1)).astimezone(start.tzinfo)


def _id(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    name = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not name:
        raise PortalChanged("event", id="", field="id")
    return name


def _text(event: Mapping[str, object], field: str, name: str) -> str:
    value = event.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise PortalChanged("event", id=name, field=field)
    return value


def _description(event: Mapping[str, object], name: str) -> str:
    further = event.get("extendedProps")
    holder = event if "description" in event or not isinstance(further, dict) else further
    return _text(holder, "description", name)


def _all_day(event: Mapping[str, object], name: str) -> bool:
    match event.get("allDay"):
        case bool(value):
            return value
        case str(written) if written.strip().lower() in {"true", "false"}:
            return written.strip().lower() == "true"
        case None:  # FullCalendar's rule: a start without an hour makes an all-day event
            return bool(_DAY_ALONE.fullmatch(str(event["start"]).strip()))
        case _:
            raise PortalChanged("event", id=name, field="allDay")


def _time(event: Mapping[str, object], field: str, name: str, zone: ZoneInfo) -> datetime:
    try:
        return _instant(event.get(field), zone)
    except (ValueError, OverflowError, OSError) as error:
        raise PortalChanged("event", id=name, field=field) from error


def _instant(value: object, zone: ZoneInfo) -> datetime:
    """Return the instant of a time in ISO 8601 or epoch milliseconds. Raise ValueError for any other value."""
    match value:
        case bool():
            raise ValueError
        case int() | float():
            read = datetime.fromtimestamp(value // 1000, UTC)
        case str() if _EPOCH.fullmatch(value.strip()):
            read = datetime.fromtimestamp(int(value) // 1000, UTC)
        case str() if _WRITTEN.fullmatch(value.strip()):
            read = datetime.fromisoformat(value.strip())
        case _:
            raise ValueError
    # The conversion to UTC and back replaces a local time that the change to summer time skips by an existing one.
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC).astimezone(zone).replace(microsecond=0)
