"""The events of a calendar of this program as Google's event resources, and digests that compare their content."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scraper.domain.ical_lines import event_lines, property_name, unescape_text
from scraper.domain.text import truncate

Resource = dict[str, Any]

UID, FINGERPRINT = "aurionUid", "aurionFingerprint"
"""The private extended properties of an event: its UID, and the digest of the content that was pushed."""
LIMITS = {"summary": 1024, "location": 1024, "description": 8192}
"""The most characters of each text; a longer one is cut and ends with "…"."""
MOST_REMINDERS, EARLIEST_REMINDER = 5, 40320
"""The most reminders of an event, and the earliest one in minutes before its start."""
COLORS = {"tomato": "11", "silver": "8"}
"""Google's colours for those of exams and cancelled lessons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleEvent:
    """An event to push: its id at Google, its resource, and the digest of its content; whether a text was cut."""

    id: str
    resource: Resource = field(repr=False)
    digest: str
    is_shortened: bool = False

    @property
    def label(self) -> str:
        """The title with the date and time of its start."""
        start = self.resource["start"]
        moment = start.get("date") or start["dateTime"][:16].replace("T", " ")
        return f"{self.resource.get('summary', '')} ({moment})".strip()


def events_of(calendar: bytes) -> dict[str, GoogleEvent]:
    """Return the events of a calendar by UID."""
    zone = re.search(rb"^X-WR-TIMEZONE:(\S+)", calendar, re.MULTILINE)
    events = (_parse_event(lines, zone[1].decode() if zone else "UTC") for lines in event_lines(calendar))
    return dict(events)


def id_of(uid: str) -> str:
    """Return the id of an event at Google, which allows the letters a to v and digits.

    Events are inserted with an id that depends on the UID alone, and not imported by UID: so each event is found again
    after the state was lost, a repeated insertion is a conflict (409) and never a second event, and any event can be
    updated, deleted or restored with one request. An import gets an id from Google, and needs a search for each UID.
    """
    return hashlib.sha256(uid.encode()).hexdigest()[:40]


def digest_of(resource: Mapping[str, Any]) -> str:
    """Return a digest that is equal for two resources with the same content, as sent or as returned by Google.

    Google returns times with an offset, leaves out empty and default values, and may change blanks.
    """
    reminders = resource.get("reminders", {})
    content = [
        *(" ".join(str(resource.get(name, "")).split()) for name in LIMITS),
        *(_moment(resource.get(name, {})) for name in ("start", "end")),
        resource.get("transparency", "opaque"),
        resource.get("colorId", ""),
        reminders.get("useDefault", False),
        sorted((one["method"], one["minutes"]) for one in reminders.get("overrides", ())),
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def private_of(resource: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the private extended properties."""
    found: Mapping[str, str] = resource.get("extendedProperties", {}).get("private", {})
    return found


def _moment(at: Mapping[str, str]) -> str:
    if "dateTime" not in at:
        return at.get("date", "")
    moment = datetime.fromisoformat(at["dateTime"])
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(at["timeZone"]))
    return moment.astimezone(UTC).isoformat()


def _parse_event(lines: Iterable[str], zone: str) -> tuple[str, GoogleEvent]:
    values: dict[str, str] = {}
    parameters: dict[str, str] = {}
    triggers: list[str] = []
    for line in lines:
        head, _, value = line.partition(":")
        name = property_name(head)
        if name == "TRIGGER":
            triggers.append(value)
        elif name not in values:  # the description of an alarm comes after that of the event
            values[name], parameters[name] = value, head
    start = _time(values["DTSTART"], parameters["DTSTART"], zone)
    end = _time(values["DTEND"], parameters["DTEND"], zone) if "DTEND" in values else _implied_end(start)
    reminders = sorted(
        {min(int(minutes), EARLIEST_REMINDER) for one in triggers for minutes in re.findall(r"\d+", one)}
    )
    texts = {name: unescape_text(values.get(name.upper(), "")).strip() for name in LIMITS}
    resource: Resource = {
        **{name: truncate(text, LIMITS[name]) for name, text in texts.items() if text},
        "start": start,
        "end": end,
        "status": "confirmed",  # Google deletes a cancelled event: the title and the colour show that it is
        "transparency": values.get("TRANSP", "OPAQUE").lower(),
        "sequence": int(values.get("SEQUENCE", "0")),
        "reminders": {
            "useDefault": False,
            "overrides": [{"method": "popup", "minutes": one} for one in reminders[:MOST_REMINDERS]],
        },
    }
    if color := COLORS.get(values.get("COLOR", "")):
        resource["colorId"] = color
    uid, digest = values["UID"], digest_of(resource)
    resource["extendedProperties"] = {"private": {UID: uid, FINGERPRINT: digest}}
    is_shortened = any(len(text) > LIMITS[name] for name, text in texts.items())
    return uid, GoogleEvent(id=id_of(uid), resource=resource, digest=digest, is_shortened=is_shortened)


def _time(value: str, head: str, zone: str) -> dict[str, str]:
    """Return a date, or a local time with the name of its zone; a time in UTC is shown in the calendar's zone."""
    moment = datetime.strptime(value[:15], "%Y%m%dT%H%M%S" if "T" in value else "%Y%m%d")  # noqa: DTZ007 - see below
    if "T" not in value:
        return {"date": f"{moment:%Y-%m-%d}"}
    named = re.search(r"TZID=([^;]+)", head)
    return {"dateTime": moment.isoformat() + "Z" * value.endswith("Z"), "timeZone": named[1] if named else zone}


def _implied_end(start: Mapping[str, str]) -> dict[str, str]:
    """Return the end that RFC 5545 §3.6.1 implies; Google requires one."""
    if "date" in start:
        return {"date": (date.fromisoformat(start["date"]) + timedelta(days=1)).isoformat()}
    return dict(start)
