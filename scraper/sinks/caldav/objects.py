"""A calendar split into CalDAV objects, one per event, and digests that compare the content of two objects."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

LINE = re.compile(rb"\r?\n(?![ \t])")
FOLD = re.compile(rb"\r?\n[ \t]")
HEAD = (b"VERSION:", b"PRODID:", b"CALSCALE:")
"""Calendar properties that an object keeps (RFC 4791 §4.1 forbids METHOD; the others belong to the collection)."""
STAMPS = {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CREATED"}
"""Properties that record a change but are not part of the content."""
ESCAPED = re.compile(r"\\(.)")


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


def pieces_of(calendar: bytes) -> dict[str, CalendarObject]:
    """Return the events of a calendar of this program by UID, in its order; each with the time zones it refers to."""
    lines = LINE.split(calendar.rstrip())
    head = [line for line in lines if line.startswith(HEAD)]
    zones = {_value(zone, b"TZID"): zone for zone in _components(lines, b"VTIMEZONE")}
    found = {}
    for event in _components(lines, b"VEVENT"):
        own = [line for name, zone in zones.items() if any(b"TZID=" + name in one for one in event) for line in zone]
        body = b"\r\n".join([b"BEGIN:VCALENDAR", *head, *own, *event, b"END:VCALENDAR", b""])
        uid = _value(event, b"UID").decode()
        found[uid] = CalendarObject(uid=uid, body=body, digest=digest_of(body))
    return found


def with_own_uids(pieces: Mapping[str, CalendarObject], seed: str) -> dict[str, CalendarObject]:
    """Return the objects with other UIDs, which depend only on the seed and the original UIDs."""
    space, found = uuid5(NAMESPACE_URL, seed), {}
    for piece in pieces.values():
        uid = str(uuid5(space, piece.uid))
        body = piece.body.replace(b"\r\nUID:" + piece.uid.encode() + b"\r\n", b"\r\nUID:" + uid.encode() + b"\r\n")
        found[uid] = CalendarObject(uid=uid, body=body, digest=digest_of(body), of=piece.uid)
    return found


def with_end(body: bytes) -> bytes | None:
    """Return the object with the end that RFC 5545 §3.6.1 implies as a DTEND; None if it already has an end.

    A DTEND equal to DTSTART violates §3.8.2.2, but some servers accept an event only with it.
    """
    lines = LINE.split(body)
    event = next(_components(lines, b"VEVENT"), [])
    start = next((line for line in event if line.startswith((b"DTSTART:", b"DTSTART;"))), b"")
    if not start or any(line.startswith((b"DTEND", b"DURATION")) for line in event):
        return None
    return body.replace(b"\r\n" + start + b"\r\n", b"\r\n" + start + b"\r\nDTEND" + _implied_end(start[7:]) + b"\r\n")


def label_of(body: bytes) -> str:
    """Return the title and start of the event in an object, such as "Réseaux (2026-11-26 08:00)"."""
    event = next(_components(LINE.split(body), b"VEVENT"), [])
    lines = [_unfolded(line).decode("utf-8", "replace") for line in event]
    found = {re.split("[;:]", line, maxsplit=1)[0]: line.rpartition(":")[2] for line in lines if "DTSTART" in line}
    title = next((line.partition(":")[2] for line in lines if line.startswith(("SUMMARY:", "SUMMARY;"))), "")
    at = re.match(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d))?", found.get("DTSTART", ""))
    day = f"{at[1]}-{at[2]}-{at[3]}{f' {at[4]}:{at[5]}' if at[4] else ''}" if at else ""
    return " ".join(filter(None, (ESCAPED.sub(_unescaped, title).strip(), day and f"({day})")))


def uid_in(body: bytes) -> str:
    """Return the UID of the event in an object, "" if there is none."""
    events = _components(LINE.split(body), b"VEVENT")
    return next((_value(event, b"UID").decode("utf-8", "replace") for event in events), "")


def digest_of(body: bytes) -> str:
    """Return a digest that is equal for two objects with the same content.

    Servers rewrite the order and escaping of lines and parameters, and calendar programs add X-… properties: neither
    counts as an edit by the user. A change of the alarms does.
    """
    events = _components(LINE.split(body), b"VEVENT")
    told = "\n".join(sorted(_told(line.decode("utf-8", "replace") for line in map(_unfolded, e)) for e in events))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _components(lines: Iterable[bytes], name: bytes) -> Iterator[list[bytes]]:
    """Yield the lines of each component of that name, including BEGIN and END."""
    inside: list[bytes] | None = None
    for line in lines:
        if line == b"BEGIN:" + name:
            inside = []
        if inside is not None:
            inside.append(line)
            if line == b"END:" + name:
                yield inside
                inside = None


def _told(lines: Iterator[str]) -> str:
    """Return a component's content in a canonical order: its lines up to END, a nested component as one line."""
    told: list[str] = []
    starts, ends = "", ""
    for line in lines:
        name = re.split("[;:]", line, maxsplit=1)[0].upper()
        if name == "END":
            break
        if name == "BEGIN" and told:
            told.append(f"({line.upper()} {_told(lines)})")
        elif name not in STAMPS and not name.startswith("X-") and name != "ACKNOWLEDGED":
            told.append(_plain(name, line))
            starts = told[-1].removeprefix(name) if name == "DTSTART" else starts
            ends = told[-1].removeprefix(name) if name == "DTEND" else ends
    if ends and ends == _implied_end(starts.encode()).decode():
        told.remove(f"DTEND{ends}")  # added for a server that requires it
    return "\n".join(sorted(told))


def _implied_end(start: bytes) -> bytes:
    """Return the parameters and value of the implied end, given those of the start."""
    given, _, value = start.rpartition(b":")
    if re.fullmatch(rb"\d{8}", value):
        with suppress(ValueError, OverflowError):
            day = datetime.strptime(value.decode(), "%Y%m%d").date() + timedelta(days=1)  # noqa: DTZ007 - a date
            return given + b":" + f"{day:%Y%m%d}".encode()
    return start


def _plain(name: str, line: str) -> str:
    """Return a content line in canonical form: parameters sorted, quotes and escapes removed."""
    given, _, value = line[len(name) :].partition(":")
    parameters = sorted(part.upper().replace('"', "") for part in given.split(";") if part)
    said = ESCAPED.sub(_unescaped, value).strip()
    return f"{name};{';'.join(parameters)}:{said}"


def _unescaped(sign: re.Match[str]) -> str:
    return "\n" if sign[1] in "nN" else sign[1]


def _unfolded(line: bytes) -> bytes:
    return FOLD.sub(b"", line)


def _value(lines: Iterable[bytes], name: bytes) -> bytes:
    """Return the value of the first property with that name and no parameters, "" if there is none."""
    return next((_unfolded(line).partition(b":")[2] for line in lines if line.startswith(name + b":")), b"")
