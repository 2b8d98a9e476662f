"""Render events with icalendar, as content lines; imported by the first rendering only.

Every property is set explicitly: icalendar would fill in DTSTAMP and UID from the clock and at random.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from icalendar import Alarm, Component, vDate, vDatetime
from icalendar import Event as Lesson
from icalendar.prop import vInline

from scraper.domain.planning import Event
from scraper.ical.entry import (
    CANCELLED_COLOR,
    FIRST_LESSON,
    EventToRender,
    RenderedEvent,
    RenderOptions,
    Status,
)
from scraper.ical.event_text import EventText, clean_value, one_line
from scraper.ical.timezone import Observance, is_readable, observances

CANCELLED_IN_TITLE = ("google", "outlook")
"""Clients that do not show the status of a cancelled event."""
EXAM_COLOR = "tomato"
INSTANT = "%Y%m%dT%H%M%SZ"
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


def component_lines(component: Component) -> list[str]:
    """Return the content lines of a component, not folded."""
    return [_line(component, name, value) for name, value in component.property_items()]


def _line(component: Component, name: str, value: object) -> str:
    """Return one content line; plain values bypass icalendar's conversion, which takes half of the rendering time."""
    if isinstance(value, vInline) and not value.params:
        return f"{name}:{value}"
    if isinstance(value, bytes):
        return f"{name}:{value.decode()}"
    line: str = component.content_line(name, value)
    return line


def escaped_text(value: str) -> vInline:
    """Return a TEXT value, escaped here: icalendar's escaping takes a backslash before an N for a line break."""
    return vInline(clean_value(value).translate(ESCAPES))


class EventRenderer:
    """A renderer of events for one calendar."""

    def __init__(self, options: RenderOptions) -> None:
        self._options = options
        self._rules = observances(options.zone)
        words = options.words
        self._event_text = EventText(words=words, kinds=options.all_kinds, labels=words.table("calendar.labels"))

    def render(self, source: EventToRender) -> RenderedEvent:
        """Render an event."""
        event, status, built = source.event, source.status, Lesson()
        built["UID"] = escaped_text(source.uid)
        # Google hides CANCELLED events.
        built["STATUS"] = vInline("CONFIRMED" if self._options.client == "google" else status)
        if not self._options.only_times:
            built["X-AURION-EVENT-ID"] = escaped_text(event.id)
        for key, moment in zip(("DTSTART", "DTEND"), _moments(event, self._options.zone, self._rules), strict=False):
            built[key] = vDatetime(moment) if isinstance(moment, datetime) else vDate(moment, params={"VALUE": "DATE"})
        for key, text in self._texts(event, status).items():
            if text:
                built[key] = escaped_text(text)
        further = filter(None, map(one_line, source.categories))
        if categories := dict.fromkeys((*self._event_text.categories(event), *further)):
            built["CATEGORIES"] = vInline(",".join(map(escaped_text, categories)))
        if event.all_day or status == "CANCELLED":
            built["TRANSP"] = vInline("TRANSPARENT")
        if event.is_exam or status == "CANCELLED":
            built["COLOR"] = vInline(CANCELLED_COLOR if status == "CANCELLED" else EXAM_COLOR)
        for alarm in self._alarms(source):
            built.add_component(alarm)
        is_plain = not event.is_exam and status == "CONFIRMED" and not self._options.only_times
        return RenderedEvent(
            uid=source.uid, lines=tuple(component_lines(built)), color=source.color if is_plain else "",
            course=self._course(source, categories),
        )  # fmt: skip

    def _course(self, source: EventToRender, categories: Iterable[str]) -> str:
        """Return the course as a further category, which a student can colour; empty where there is one like it."""
        # Some programs read a comma after a backslash as part of the text, even if the backslash is escaped.
        course = one_line(source.event.subject).rstrip("\\ ") if source.color else ""
        return "" if course in (*categories, self._options.words("calendar.exam")) else str(escaped_text(course))

    def _texts(self, event: Event, status: Status) -> dict[str, str]:
        if self._options.only_times:
            return {}
        summary = self._event_text.summary(event)
        if status == "CANCELLED" and self._options.client in CANCELLED_IN_TITLE:
            summary = self._options.words("calendar.cancelled_summary", subject=summary)
        return {
            "SUMMARY": summary,
            "LOCATION": self._event_text.location(event),
            "DESCRIPTION": self._event_text.description(event),
        }

    def _alarms(self, source: EventToRender) -> Iterator[Alarm]:
        if source.status != "CONFIRMED" or self._options.only_times:
            return
        alarms = source.alarms
        if alarms is None:
            alarms = self._options.exam_alarms if source.event.is_exam else self._options.alarms
        first = self._options.first_lesson_alarms if source.is_first else ()
        for before in dict.fromkeys((*alarms, *first)):
            alarm = Alarm()
            alarm["ACTION"] = vInline("DISPLAY")
            alarm["TRIGGER"] = vInline(f"-PT{int(before.total_seconds()) // 60}M")
            alarm["DESCRIPTION"] = escaped_text(self._event_text.summary(source.event))
            if before not in alarms:
                alarm[FIRST_LESSON] = vInline("TRUE")
            yield alarm


def _moments(event: Event, zone: ZoneInfo, rules: tuple[Observance, ...]) -> tuple[date, ...]:
    """Return start and, where the event has a length, end: dates for all-day events, else local times of `zone`.

    Both are in UTC where the local time of one is ambiguous: for the hour that occurs twice in October, RFC 5545
    §3.3.5 can express the first occurrence only, and clients differ.
    """
    start, end = (moment.astimezone(UTC).replace(microsecond=0) for moment in (event.start, event.end))
    local = (start.astimezone(zone), end.astimezone(zone))
    if event.all_day:
        first, after = (moment.date() for moment in local)
        return (first, after) if after > first else (first,)
    if all(is_readable(moment, zone, rules) for moment in (start, end)):
        return local if end > start else local[:1]
    return (start, end) if end > start else (start,)
