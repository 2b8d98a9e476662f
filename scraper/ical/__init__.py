"""Entries to the bytes of an .ics: identical for identical input; no clock, nothing random.

RFC 5545 and RFC 7986, and what Google, Apple, Outlook, Thunderbird and Nextcloud make of a file. Importing
this is light: icalendar is loaded by the first `render`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from scraper.planning import Event, Planning
from scraper.words import Words

Status = Literal["CONFIRMED", "CANCELLED"]

NO_KINDS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as it is published in one calendar.

    `sequence` counts the changes of what was published (RFC 5545 §3.8.7.4); `last_modified` and `stamp` are
    UTC and move only with it (§3.8.7.2: in a calendar without METHOD, DTSTAMP means "last revised").
    """

    event: Event
    uid: str
    sequence: int
    last_modified: datetime
    stamp: datetime
    status: Status


def first_entries(planning: Planning, namespace: UUID, at: datetime) -> tuple[Entry, ...]:
    """The entries of a planning that nobody remembers: SEQUENCE 0, every stamp the aware time `at`.

    The UID is a UUID of version 5 of the school's `namespace` and the portal's event id (RFC 7986 §5.3): the
    same for ever, also when the portal moves. Before there is a ledger, `at` is the recording's time.
    """
    taken = at.astimezone(UTC).replace(microsecond=0)
    return tuple(
        Entry(
            event=event,
            uid=str(uuid5(namespace, event.id)),
            sequence=0,
            last_modified=taken,
            stamp=taken,
            status="CONFIRMED",
        )
        for event in planning.events
    )


def render(
    entries: Iterable[Entry],
    *,
    zone: ZoneInfo,
    words: Words,
    name: str,
    kinds: Mapping[str, str] = NO_KINDS,
) -> bytes:
    """The calendar `name` with these entries, in the order given, as UTF-8 with CRLF.

    Local times are those of `zone`, text is in the language of `words`. `kinds` are the school's words for
    the portal's codes; they come before the catalogue's.
    """
    from scraper.ical.components import calendar  # noqa: PLC0415 - icalendar is slow to import

    return calendar(entries, zone=zone, words=words, name=name, kinds=kinds)
