"""Write events as PrimeFaces 5.3 does, and select those of a requested window."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from scraper.demo.variant import ZONE, Variant

FORMAT = "%Y-%m-%dT%H:%M:%S%z"
SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
}
_ESCAPED = re.compile('["\\\\/\x00-\x1f\x7f-\x9f\u2000-\u20ff]')

Wire = Mapping[str, Any]


def json_string(value: object) -> str:
    """Return a JSON string as the library writes it: `/` and some Unicode characters escaped, `]]>` not."""
    return '"' + _ESCAPED.sub(lambda m: SHORT.get(m[0], f"\\u{ord(m[0]):04X}"), str(value)) + '"'


def encode(events: Iterable[Wire]) -> str:
    """Return the content of the schedule's update, with the blanks of the recordings."""
    return '{"events" : [' + ",".join(map(_event, events)) + "]}"


def _event(event: Wire) -> str:
    parts = [f'"{name}": {json_string(event[name])}' for name in ("id", "title") if name in event]
    parts += [f'"{name}": {json_string(_local_time(event[name]))}' for name in ("start", "end") if name in event]
    parts += [f'"{name}":{str(event.get(name, name == "editable")).lower()}' for name in ("allDay", "editable")]
    parts += [
        f'"{name}":{json_string(event[name])}' for name in ("className", "description") if event.get(name) is not None
    ]
    return "{" + ",".join(parts) + "}"


def _local_time(value: str) -> str:
    moment = parse_event_time(value)
    return moment.astimezone(ZONE).strftime(FORMAT) if moment else value


def parse_event_time(value: object) -> datetime | None:
    """Return the aware time of an event's field; None where it is invalid."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def select_window(events: Iterable[Wire], first: datetime, last: datetime, variant: Variant) -> list[Wire]:
    """Return the events that overlap the window [first, last), capped; events with an invalid time are included."""
    if variant.max_window_days:
        last = min(last, first + timedelta(days=variant.max_window_days))
    found = [event for event in events if _overlaps(event, first, last)]
    return found[: variant.max_events or None]


def _overlaps(event: Wire, first: datetime, last: datetime) -> bool:
    start, end = parse_event_time(event.get("start")), parse_event_time(event.get("end"))
    if start is None:
        return True
    return start == first or (start < last and (end or start) > first)


def without_room(event: Wire) -> Wire:
    """Return the event as the English pages show it: without the title's first line, the room."""
    return {**event, "title": "\n" + str(event.get("title", "")).partition("\n")[2]}
