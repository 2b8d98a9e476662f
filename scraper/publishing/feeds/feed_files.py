"""Locate the feed's calendar files and prepare their content for serving."""

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scraper.domain.choices import Client
from scraper.domain.sharing import EVERYTHING, Sharing

SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A calendar as served: its bytes, plain and gzipped, their digest, and the time of change (epoch seconds)."""

    body: bytes = field(repr=False)
    packed: bytes = field(repr=False)
    digest: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCalendar:
    """One of an account's calendars for subscribers: the client it is made for, and the part that it contains.

    An empty `client` is the one of the account's file.
    """

    client: Client | Literal[""] = ""
    sharing: Sharing = EVERYTHING

    @property
    def file_name(self) -> str:
        """The calendar's file; subscribers with the same choices share it."""
        name = self.client or SAME
        if not self.sharing.is_partial:
            return f"{name}.ics"
        choices = json.dumps([self.sharing.content, sorted(self.sharing.courses)])
        return f"{name}-{hashlib.sha256(choices.encode()).hexdigest()[:16]}.ics"


AS_THE_FILE = FeedCalendar()


def calendar_file(state: Path, key: str, calendar: FeedCalendar) -> Path:
    """Return the file of one of an account's calendars; each export delivers to it."""
    return state / "feeds" / key / calendar.file_name


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
