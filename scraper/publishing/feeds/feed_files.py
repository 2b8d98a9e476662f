"""Locate the feed's calendar files and prepare their content for serving."""

import gzip
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A calendar as served: its bytes, plain and gzipped, their digest, and the time of change (epoch seconds)."""

    body: bytes = field(repr=False)
    packed: bytes = field(repr=False)
    digest: str
    at: int


def calendar_file(state: Path, key: str, client: str) -> Path:
    """Return the file of an account's calendar for that client; each export delivers to it."""
    return state / "feeds" / key / f"{client or SAME}.ics"


def is_feed_calendar(state: Path, output: str) -> bool:
    """Return whether an output of the ledger is a feed calendar."""
    return Path(output).is_relative_to((state / "feeds").resolve())


def backup_file(calendar: Path) -> Path:
    """Return the file with the last valid content of that calendar."""
    return calendar.with_suffix(".last")


def build_version(body: bytes, at: float, before: Version | None) -> Version | None:
    """Return the version to serve for these bytes; None where they are not a complete calendar.

    Unchanged bytes keep their version. A new version is at least one second later than the one before, because HTTP
    dates have a resolution of one second.
    """
    if not (body.startswith(b"BEGIN:VCALENDAR") and body.rstrip().endswith(b"END:VCALENDAR")):
        return None
    digest = hashlib.sha256(body).hexdigest()[:32]
    if before and before.digest == digest:
        return before
    since = max(int(at), before.at + 1) if before else int(at)
    return Version(body=body, packed=gzip.compress(body, 6, mtime=0), digest=digest, at=since)
