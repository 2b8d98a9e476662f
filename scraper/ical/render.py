"""Render events to the bytes of an .ics.

`RenderOptions` hold the language, zone and client; a `RenderedEvent` is one event as content lines; a `PublishedEvent`
adds its revision from the ledger.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.prop import vInline, vUTCOffset

from scraper.domain.course_colors import assign_colors, course_of
from scraper.domain.ical_lines import fold_line
from scraper.domain.planning import Planning
from scraper.ical.entry import NAMESPACE, CalendarWords, EventToRender, PublishedEvent, RenderedEvent, RenderOptions
from scraper.ical.event import INSTANT, EventRenderer, component_lines, escaped_text
from scraper.ical.timezone import FIRST_YEAR, LAST, Observance, observances

REFRESH = "PT6H"
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


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
    frame = Calendar()
    for key, value in _head(name, options.zone, options.words).items():
        frame[key] = value
    if namespace:
        frame[NAMESPACE] = vInline(str(namespace))
    frame.add_component(_timezone(options.zone, observances(options.zone)))
    *head, end = component_lines(frame)
    body = (line for event in events for line in _stamped_lines(event))
    return b"".join(map(fold_line, chain(head, body, (end,))))


def _stamped_lines(event: PublishedEvent) -> Iterator[str]:
    """Yield an event's lines with its stamps, which come first, because components inside it must come last."""
    begin, *rest = event.rendered.styled_lines
    revised = f"{event.revised.astimezone(UTC):{INSTANT}}"
    yield from (begin, f"DTSTAMP:{revised}", f"LAST-MODIFIED:{revised}", f"SEQUENCE:{event.sequence}")
    yield from rest


def _head(name: str, zone: ZoneInfo, words: CalendarWords) -> dict[str, object]:
    """Return the calendar's properties: name and refresh in the new and the old form, no METHOD, which implies iTIP."""
    return {
        "VERSION": escaped_text("2.0"),
        "PRODID": escaped_text(f"-//aurion-planning//aurion-planning//{words.language.upper()}"),
        "CALSCALE": escaped_text("GREGORIAN"),
        "NAME": escaped_text(name),
        "X-WR-CALNAME": escaped_text(name),
        "X-WR-TIMEZONE": escaped_text(zone.key),
        "REFRESH-INTERVAL": vInline(REFRESH, params={"VALUE": "DURATION"}),
        "X-PUBLISHED-TTL": vInline(REFRESH),
    }


def _timezone(zone: ZoneInfo, rules: tuple[Observance, ...]) -> Timezone:
    built = Timezone()
    built["TZID"] = escaped_text(zone.key)
    for half, rule in zip((TimezoneStandard(), TimezoneDaylight()), rules, strict=False):
        half["DTSTART"] = vInline(f"{rule.onset(FIRST_YEAR):%Y%m%dT%H%M%S}")
        half["TZNAME"] = escaped_text(rule.name)
        half["TZOFFSETFROM"] = vUTCOffset(rule.before)
        half["TZOFFSETTO"] = vUTCOffset(rule.after)
        if day := rule.yearly:
            nth = f"{day.nth}" if day.nth == LAST else f"+{day.nth}"
            half["RRULE"] = vInline(f"FREQ=YEARLY;BYDAY={nth}{WEEKDAYS[day.weekday]};BYMONTH={day.month}")
        built.add_component(half)
    return built
