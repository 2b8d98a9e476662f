"""Render events to the bytes of an .ics.

`RenderOptions` hold the language, zone and client; a `RenderedEvent` is one event as content lines; a `PublishedEvent`
adds its revision from the ledger. icalendar is imported with the first event, not with this module.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid5

from scraper.domain.planning import Planning
from scraper.ical.entry import EventToRender, PublishedEvent, RenderedEvent, RenderOptions

NAMESPACE = "X-AURION-NAMESPACE"
"""The property of a calendar that names its school's namespace."""


def drafts(tellings: Iterable[EventToRender], look: RenderOptions) -> tuple[RenderedEvent, ...]:
    """Each event as that calendar shows it."""
    from scraper.ical.event import EventRenderer  # noqa: PLC0415 - icalendar is slow to import

    drafter = EventRenderer(look)
    return tuple(drafter.draft(telling) for telling in tellings)


def first_entries(planning: Planning, namespace: UUID, at: datetime, look: RenderOptions) -> tuple[PublishedEvent, ...]:
    """The entries of a planning that nobody remembers: SEQUENCE 0, every stamp the aware time `at`.

    The UID is a UUID of version 5 of the school's `namespace` and the portal's event id (RFC 7986 §5.3): the
    same for ever, also when the portal moves. Before there is a ledger, `at` is the recording's time.
    """
    taken = at.astimezone(UTC).replace(microsecond=0)
    confirmed = (EventToRender(event, str(uuid5(namespace, event.id))) for event in planning.events)
    return tuple(PublishedEvent(draft=draft, sequence=0, revised=taken) for draft in drafts(confirmed, look))


def render(entries: Iterable[PublishedEvent], look: RenderOptions, name: str, namespace: UUID | None = None) -> bytes:
    """The calendar `name` with these entries, in the order given, as UTF-8 with CRLF; it names the school's namespace.

    UIDs alone do not tell the school: they keep the first number of an event, which the portal may have replaced.
    """
    from scraper.ical.event import calendar  # noqa: PLC0415 - icalendar is slow to import

    return calendar(entries, look, name, namespace)
