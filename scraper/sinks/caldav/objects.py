"""A calendar split into CalDAV objects, one per event, and digests that compare the content of two objects."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from scraper.domain.ical_lines import (
    STAMPS,
    components,
    event_lines,
    property_name,
    split_lines,
    unescape_text,
    unfold_line,
    value_of,
)

CALENDAR_PROPERTIES = (b"VERSION:", b"PRODID:", b"CALSCALE:")
"""Calendar properties that an object keeps (RFC 4791 §4.1 forbids METHOD; the others belong to the collection)."""
NOT_COMPARED = {*STAMPS, "CREATED", "ACKNOWLEDGED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarObject:
    """An event as a calendar of its own, with a digest of its content. `of` is its original UID if replaced."""

    uid: str
    body: bytes = field(repr=False)
    digest: str
    of: str = ""

    @property
    def label(self) -> str:
        """The event's title with the date and time of its start."""
        return label_of(self.body)


def split_calendar(calendar: bytes) -> dict[str, CalendarObject]:
    """Return the events of a calendar of this program by UID, in its order; each with the time zones it refers to."""
    lines = split_lines(calendar.rstrip())
    head = [line for line in lines if line.startswith(CALENDAR_PROPERTIES)]
    zones = {value_of(map(unfold_line, zone), "TZID").encode(): zone for zone in components(lines, "VTIMEZONE")}
    found = {}
    for event in components(lines, "VEVENT"):
        own = [line for name, zone in zones.items() if any(b"TZID=" + name in one for one in event) for line in zone]
        body = b"\r\n".join([b"BEGIN:VCALENDAR", *head, *own, *event, b"END:VCALENDAR", b""])
        uid = value_of(map(unfold_line, event), "UID")
        found[uid] = CalendarObject(uid=uid, body=body, digest=digest_of(body))
    return found


def with_own_uids(objects: Mapping[str, CalendarObject], seed: str) -> dict[str, CalendarObject]:
    """Return the objects with other UIDs, which depend only on the seed and the original UIDs."""
    space, found = uuid5(NAMESPACE_URL, seed), {}
    for one in objects.values():
        uid = str(uuid5(space, one.uid))
        body = one.body.replace(b"\r\nUID:" + one.uid.encode() + b"\r\n", b"\r\nUID:" + uid.encode() + b"\r\n")
        found[uid] = CalendarObject(uid=uid, body=body, digest=digest_of(body), of=one.uid)
    return found


def with_end(body: bytes) -> bytes | None:
    """Return the object with the end that RFC 5545 §3.6.1 implies as a DTEND; None if it already has an end.

    A DTEND equal to DTSTART violates §3.8.2.2, but some servers accept an event only with it.
    """
    event = next(components(split_lines(body), "VEVENT"), [])
    start = next((line for line in event if line.startswith((b"DTSTART:", b"DTSTART;"))), b"")
    if not start or any(line.startswith((b"DTEND", b"DURATION")) for line in event):
        return None
    end = _implied_end(start[7:].decode()).encode()
    return body.replace(b"\r\n" + start + b"\r\n", b"\r\n" + start + b"\r\nDTEND" + end + b"\r\n")


def label_of(body: bytes) -> str:
    """Return the title and start of the event in an object, such as "Réseaux (2026-11-26 08:00)"."""
    lines = next(event_lines(body), [])
    values = {property_name(line): line.rpartition(":")[2] for line in lines if "DTSTART" in line}
    title = next((line.partition(":")[2] for line in lines if line.startswith(("SUMMARY:", "SUMMARY;"))), "")
    at = re.match(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d))?", values.get("DTSTART", ""))
    day = f"{at[1]}-{at[2]}-{at[3]}{f' {at[4]}:{at[5]}' if at[4] else ''}" if at else ""
    return " ".join(filter(None, (unescape_text(title).strip(), day and f"({day})")))


def uid_in(body: bytes) -> str:
    """Return the UID of the event in an object, "" if there is none."""
    return value_of(next(event_lines(body), []), "UID")


def digest_of(body: bytes) -> str:
    """Return a digest that is equal for two objects with the same content.

    Servers rewrite the order and escaping of lines and parameters, and calendar programs add X-… properties: neither
    counts as an edit by the user. A change of the alarms does.
    """
    content = "\n".join(sorted(_canonical_component(iter(lines)) for lines in event_lines(body)))
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _canonical_component(lines: Iterator[str]) -> str:
    """Return a component's content in a canonical order: its lines up to END, a nested component as one line."""
    content: list[str] = []
    starts, ends = "", ""
    for line in lines:
        name = property_name(line)
        if name == "END":
            break
        if name == "BEGIN" and content:
            content.append(f"({line.upper()} {_canonical_component(lines)})")
        elif name not in NOT_COMPARED and not name.startswith("X-"):
            content.append(_canonical_line(name, line))
            starts = content[-1].removeprefix(name) if name == "DTSTART" else starts
            ends = content[-1].removeprefix(name) if name == "DTEND" else ends
    if ends and ends == _implied_end(starts):
        content.remove(f"DTEND{ends}")  # added for a server that requires it
    return "\n".join(sorted(content))


def _implied_end(start: str) -> str:
    """Return the parameters and value of the implied end, given those of the start."""
    given, _, value = start.rpartition(":")
    if re.fullmatch(r"\d{8}", value, re.ASCII):
        with suppress(ValueError, OverflowError):
            day = datetime.strptime(value, "%Y%m%d").date() + timedelta(days=1)  # noqa: DTZ007 - a date
            return f"{given}:{day:%Y%m%d}"
    return start


def _canonical_line(name: str, line: str) -> str:
    """Return a content line in canonical form: parameters sorted, quotes and escapes removed."""
    given, _, value = line[len(name) :].partition(":")
    parameters = sorted(part.upper().replace('"', "") for part in given.split(";") if part)
    return f"{name};{';'.join(parameters)}:{unescape_text(value).strip()}"
