"""Events as PrimeFaces 5.3 writes them, and those that one window is answered with."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scraper.demo.variant import Variant

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
ESCAPED = re.compile('["\\\\/\x00-\x1f\x7f-\x9f\u2000-\u20ff]')

Wire = Mapping[str, Any]


def text(value: object) -> str:
    """A value as the library writes JSON strings: `/` and some of Unicode escaped, `]]>` not."""
    return '"' + ESCAPED.sub(lambda m: SHORT.get(m[0], f"\\u{ord(m[0]):04X}"), str(value)) + '"'


def encode(events: Iterable[Wire], zone: ZoneInfo) -> str:
    """The content of the schedule's update; the blanks are the recorded ones."""
    return '{"events" : [' + ",".join(_event(event, zone) for event in events) + "]}"


def _event(event: Wire, zone: ZoneInfo) -> str:
    parts = [f'"{name}": {text(event[name])}' for name in ("id", "title") if name in event]
    parts += [f'"{name}": {text(_local(event[name], zone))}' for name in ("start", "end") if name in event]
    parts += [f'"{name}":{str(event.get(name, name == "editable")).lower()}' for name in ("allDay", "editable")]
    parts += [f'"{name}":{text(event[name])}' for name in ("className", "description") if event.get(name) is not None]
    return "{" + ",".join(parts) + "}"


def _local(told: str, zone: ZoneInfo) -> str:
    moment = instant(told)
    return moment.astimezone(zone).strftime(FORMAT) if moment else told


def instant(told: object) -> datetime | None:
    """The aware time on the wire; None where it cannot be read."""
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def within(events: Iterable[Wire], first: datetime, last: datetime, variant: Variant) -> list[Wire]:
    """The events that touch the window [first, last), capped; one whose time cannot be read always does."""
    if variant.max_window_days:
        last = min(last, first + timedelta(days=variant.max_window_days))
    found = [event for event in events if _touches(event, first, last)]
    return found[: variant.max_events or None]


def _touches(event: Wire, first: datetime, last: datetime) -> bool:
    start, end = instant(event.get("start")), instant(event.get("end"))
    if start is None:
        return True
    return start == first or (start < last and (end or start) > first)


def without_room(event: Wire) -> Wire:
    """The event as the English pages show it: the title's first line, the room, is blank."""
    return {**event, "title": "\n" + str(event.get("title", "")).partition("\n")[2]}
