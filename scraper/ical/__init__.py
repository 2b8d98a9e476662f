"""Events to the bytes of an .ics: identical for identical input; no clock, nothing random.

RFC 5545 and RFC 7986, and what Google, Apple, Outlook, Thunderbird and Nextcloud make of a file. A `Look` says how
events are told; a `Draft` is one event as it would be published; an `Entry` is a draft with its place in the ledger.
Importing this is light: icalendar is loaded by the first draft.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from scraper.planning import Event, Planning
from scraper.words import Words

Status = Literal["CONFIRMED", "CANCELLED"]
Client = Literal["any", "google", "apple", "outlook", "thunderbird"]

STAMPS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
"""The properties that tell of a change, and are none themselves."""
CANCELLED_COLOR = "silver"
"""The colour of a cancelled event, whatever the client; a name of CSS3 (RFC 7986 §5.9), as all are."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one calendar tells events: local times of `zone`, text in the language of `words`, what `client` needs.

    `kinds` are the school's words for the portal's codes; they come before the catalogue's. `alarms` and `exam_alarms`
    are times before the start.
    """

    zone: ZoneInfo
    words: Words
    kinds: Mapping[str, str] = field(default_factory=dict)
    client: Client = "any"
    alarms: tuple[timedelta, ...] = ()
    exam_alarms: tuple[timedelta, ...] = ()

    @property
    def all_kinds(self) -> Mapping[str, str]:
        """The portal's codes in words."""
        return {**self.words.table("calendar.kinds"), **self.kinds}


@dataclass(frozen=True, slots=True)
class Telling:
    """An event to be told, with its UID and status; `categories` come after its own."""

    event: Event
    uid: str
    status: Status = "CONFIRMED"
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One event as a calendar would show it: the content lines of its VEVENT, but for the stamps; not folded."""

    uid: str
    status: Status
    lines: tuple[str, ...] = field(repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same lines: what tells whether anything published has changed."""
        return fingerprint(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as it is published in one calendar.

    `sequence` counts the changes of what was published (RFC 5545 §3.8.7.4); `revised` is in UTC and moves only with it:
    it is LAST-MODIFIED and DTSTAMP (§3.8.7.2: in a calendar without METHOD, DTSTAMP means "last revised").
    """

    draft: Draft
    sequence: int
    revised: datetime


def fingerprint(lines: Iterable[str]) -> str:
    """A short name for the content lines of an event; its stamps do not count."""
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def drafts(tellings: Iterable[Telling], look: Look) -> tuple[Draft, ...]:
    """Each event as that calendar shows it."""
    from scraper.ical.components import Drafter  # noqa: PLC0415 - icalendar is slow to import

    drafter = Drafter(look)
    return tuple(drafter.draft(telling) for telling in tellings)


def first_entries(planning: Planning, namespace: UUID, at: datetime, look: Look) -> tuple[Entry, ...]:
    """The entries of a planning that nobody remembers: SEQUENCE 0, every stamp the aware time `at`.

    The UID is a UUID of version 5 of the school's `namespace` and the portal's event id (RFC 7986 §5.3): the
    same for ever, also when the portal moves. Before there is a ledger, `at` is the recording's time.
    """
    taken = at.astimezone(UTC).replace(microsecond=0)
    confirmed = (Telling(event, str(uuid5(namespace, event.id))) for event in planning.events)
    return tuple(Entry(draft=draft, sequence=0, revised=taken) for draft in drafts(confirmed, look))


def render(entries: Iterable[Entry], look: Look, name: str) -> bytes:
    """The calendar `name` with these entries, in the order given, as UTF-8 with CRLF."""
    from scraper.ical.components import calendar  # noqa: PLC0415 - icalendar is slow to import

    return calendar(entries, look, name)
