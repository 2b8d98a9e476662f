"""Where the calendars lie that the feed serves, each in a file of its own, and what is served of one."""

import gzip
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A calendar as it is served: its bytes, plain and packed, their digest, and since when (seconds of the epoch)."""

    body: bytes = field(repr=False)
    packed: bytes = field(repr=False)
    digest: str
    at: int


def calendar_file(state: Path, key: str, client: str) -> Path:
    """The file of an account's calendar for that client; an export puts it there, as any calendar."""
    return state / "feeds" / key / f"{client or SAME}.ics"


def is_on_shelf(state: Path, output: str) -> bool:
    """Whether a ledger's output is a calendar that only subscribers fetch."""
    return Path(output).is_relative_to((state / "feeds").resolve())


def spare_of(calendar: Path) -> Path:
    """Where the feed keeps a copy of that calendar as it was last well."""
    return calendar.with_suffix(".last")


def version_of(body: bytes, at: float, before: Version | None) -> Version | None:
    """What is served of these bytes; None where they are no whole calendar.

    Of two versions within a second the later one has a later time, for clients that go by the second.
    """
    if not (body.startswith(b"BEGIN:VCALENDAR") and body.rstrip().endswith(b"END:VCALENDAR")):
        return None
    digest = hashlib.sha256(body).hexdigest()[:32]
    if before and before.digest == digest:
        return before
    since = max(int(at), before.at + 1) if before else int(at)
    return Version(body=body, packed=gzip.compress(body, 6, mtime=0), digest=digest, at=since)
