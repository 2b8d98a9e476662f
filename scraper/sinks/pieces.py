"""A calendar cut into its events, as a collection of CalDAV holds them; and whether two texts of one say the same."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LINE = re.compile(rb"\r?\n(?![ \t])")
FOLD = re.compile(rb"\r?\n[ \t]")
HEAD = (b"VERSION:", b"PRODID:", b"CALSCALE:")
"""What an object keeps of its calendar's head (RFC 4791 §4.1 forbids METHOD; the rest is the collection's affair)."""
STAMPS = {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CREATED"}
"""What tells that something changed, and is no change itself."""
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One event: a calendar of its own, and the digest of what it says."""

    uid: str
    body: bytes = field(repr=False)
    digest: str


def pieces_of(calendar: bytes) -> dict[str, Piece]:
    """The events of a calendar of ours by UID, in its order; each with the zones that it names."""
    lines = LINE.split(calendar.rstrip())
    head = [line for line in lines if line.startswith(HEAD)]
    zones = {_value(zone, b"TZID"): zone for zone in _components(lines, b"VTIMEZONE")}
    found = {}
    for event in _components(lines, b"VEVENT"):
        own = [line for name, zone in zones.items() if any(b"TZID=" + name in one for one in event) for line in zone]
        body = b"\r\n".join([b"BEGIN:VCALENDAR", *head, *own, *event, b"END:VCALENDAR", b""])
        uid = _value(event, b"UID").decode()
        found[uid] = Piece(uid=uid, body=body, digest=digest_of(body))
    return found


def uid_in(body: bytes) -> str:
    """The UID of the event in an object; empty where there is none."""
    events = _components(LINE.split(body), b"VEVENT")
    return next((_value(event, b"UID").decode("utf-8", "replace") for event in events), "")


def digest_of(body: bytes) -> str:
    """The same for two texts that say the same of an event.

    Servers put lines, parameters and escapes their own way, and programs that show an event leave marks (X-…) on it:
    that is no change by hand. A change of its alarms is one.
    """
    events = _components(LINE.split(body), b"VEVENT")
    told = "\n".join(sorted(_told(line.decode("utf-8", "replace") for line in map(_unfolded, e)) for e in events))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _components(lines: Iterable[bytes], name: bytes) -> Iterator[list[bytes]]:
    """The lines of each component of that name, BEGIN and END with them."""
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
    """What a component says, whatever the order: its lines until its END, those of one within it as one."""
    told: list[str] = []
    for line in lines:
        name = re.split("[;:]", line, maxsplit=1)[0].upper()
        if name == "END":
            break
        if name == "BEGIN" and told:
            told.append(f"({line.upper()} {_told(lines)})")
        elif name not in STAMPS and not name.startswith("X-") and name != "ACKNOWLEDGED":
            told.append(_plain(name, line))
    return "\n".join(sorted(told))


def _plain(name: str, line: str) -> str:
    """A content line without what may be written one way or another."""
    given, _, value = line[len(name) :].partition(":")
    parameters = sorted(part.upper().replace('"', "") for part in given.split(";") if part)
    said = ESCAPED.sub(lambda sign: "\n" if sign[1] in "nN" else sign[1], value).strip()
    return f"{name};{';'.join(parameters)}:{said}"


def _unfolded(line: bytes) -> bytes:
    return FOLD.sub(b"", line)


def _value(lines: Iterable[bytes], name: bytes) -> bytes:
    """What stands after that name, which has no parameter; empty where it does not stand there."""
    return next((_unfolded(line).partition(b":")[2] for line in lines if line.startswith(name + b":")), b"")
