"""Events on their way into a calendar file, and their fingerprints."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from scraper.domain.planning import Event
from scraper.i18n import Catalogue

Status = Literal["CONFIRMED", "CANCELLED"]


Client = Literal["any", "google", "apple", "outlook", "thunderbird"]


STAMPS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
"""The properties that tell of a change, and are none themselves."""


CANCELLED_COLOR = "silver"
"""The colour of a cancelled event, whatever the client; a name of CSS3 (RFC 7986 §5.9), as all are."""


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """How one calendar tells events: local times of `zone`, text in the language of `words`, what `client` needs.

    `kinds` are the school's words for the portal's codes; they come before the catalogue's. `alarms` and `exam_alarms`
    are times before the start.
    """

    zone: ZoneInfo
    words: Catalogue
    kinds: Mapping[str, str] = field(default_factory=dict)
    client: Client = "any"
    alarms: tuple[timedelta, ...] = ()
    exam_alarms: tuple[timedelta, ...] = ()

    @property
    def all_kinds(self) -> Mapping[str, str]:
        """The portal's codes in words."""
        return {**self.words.table("calendar.kinds"), **self.kinds}


@dataclass(frozen=True, slots=True)
class EventToRender:
    """An event to be told, with its UID and status; `categories` come after its own."""

    event: Event
    uid: str
    status: Status = "CONFIRMED"
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RenderedEvent:
    """One event as a calendar would show it: the content lines of its VEVENT, but for the stamps; not folded."""

    uid: str
    status: Status
    lines: tuple[str, ...] = field(repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same lines: what tells whether anything published has changed."""
        return fingerprint(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvent:
    """One event as it is published in one calendar.

    `sequence` counts the changes of what was published (RFC 5545 §3.8.7.4); `revised` is in UTC and moves only with it:
    it is LAST-MODIFIED and DTSTAMP (§3.8.7.2: in a calendar without METHOD, DTSTAMP means "last revised").
    """

    draft: RenderedEvent
    sequence: int
    revised: datetime


def fingerprint(lines: Iterable[str]) -> str:
    """A short name for the content lines of an event; its stamps do not count."""
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:32]
