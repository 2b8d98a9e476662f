"""Render events to the bytes of an .ics.

`RenderOptions` hold the language, zone and client; a `RenderedEvent` is one event as content lines; a `PublishedEvent`
adds its revision from the ledger.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid5

from scraper.domain.course_colors import assign_colors, course_of
from scraper.domain.planning import Planning
from scraper.ical.entry import EventToRender, PublishedEvent, RenderedEvent, RenderOptions
from scraper.ical.event import EventRenderer, render_calendar


def render_events(events: Iterable[EventToRender], options: RenderOptions) -> tuple[RenderedEvent, ...]:
    """Render each event for a calendar with these options."""
    renderer = EventRenderer(options)
    return tuple(renderer.render(event) for event in events)


def assign_first_revisions(
    planning: Planning, namespace: UUID, at: datetime, options: RenderOptions
) -> tuple[PublishedEvent, ...]:
    """Return a planning's events for a first publication: SEQUENCE 0, every stamp the aware time `at`.

    The UID is a version 5 UUID of the school's `namespace` and the portal's event id (RFC 7986 §5.3), so it stays the
    same when the portal moves. Without a ledger, `at` is the time of the recording.
    """
    taken = at.astimezone(UTC).replace(microsecond=0)
    colors = assign_colors(planning.events)
    confirmed = (
        EventToRender(event, str(uuid5(namespace, event.id)), color=colors[course_of(event)])
        for event in planning.events
    )
    rendered = render_events(confirmed, options)
    return tuple(PublishedEvent(rendered=one, sequence=0, revised=taken) for one in rendered)


def render(events: Iterable[PublishedEvent], options: RenderOptions, name: str, namespace: UUID | None = None) -> bytes:
    """Return the calendar `name` with these events in the order given, as UTF-8 with CRLF, with the school's namespace.

    UIDs do not identify the school: they keep an event's first number, which the portal may have replaced.
    """
    return render_calendar(events, options, name, namespace)
