"""The calendar's components, built with icalendar; imported by the first `render` only.

Every property is set by hand: what icalendar would fill in by itself (DTSTAMP, UID) is the clock and chance.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Component, Timezone, TimezoneDaylight, TimezoneStandard, vDate, vDatetime
from icalendar import Event as Lesson
from icalendar.prop import vInline, vUTCOffset

from scraper.domain.planning import Event
from scraper.i18n import Catalogue
from scraper.ical.entry import CANCELLED_COLOR, EventToRender, PublishedEvent, RenderedEvent, RenderOptions, Status
from scraper.ical.render import NAMESPACE
from scraper.ical.text import EventText, clean, one_line
from scraper.ical.timezone import FIRST_YEAR, LAST, Observance, is_readable, observances

REFRESH = "PT6H"
SAID_IN_TITLE = ("google", "outlook")
"""Clients that would not show, or not let one see, that a lesson is cancelled."""
EXAM_COLOR = "tomato"
INSTANT = "%Y%m%dT%H%M%SZ"
LINE = 75  # octets (§3.1)
BACKSLASH = ord("\\")
CONTINUED = 0b10  # the first bits of the second, third and fourth octet of a character in UTF-8
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar(entries: Iterable[PublishedEvent], look: RenderOptions, name: str, namespace: UUID | None) -> bytes:
    """See `scraper.ical.render.render`."""
    frame = Calendar()
    for key, value in _head(name, look.zone, look.words).items():
        frame[key] = value
    if namespace:
        frame[NAMESPACE] = vInline(str(namespace))
    frame.add_component(_timezone(look.zone, observances(look.zone)))
    *head, end = _lines(frame)
    events = (line for entry in entries for line in _stamped(entry))
    return b"".join(map(_folded, chain(head, events, (end,))))


def _stamped(entry: PublishedEvent) -> Iterator[str]:
    """The lines of an event with its stamps, which stand first: components within it must come last."""
    begin, *rest = entry.draft.lines
    revised = f"{entry.revised.astimezone(UTC):{INSTANT}}"
    yield from (begin, f"DTSTAMP:{revised}", f"LAST-MODIFIED:{revised}", f"SEQUENCE:{entry.sequence}")
    yield from rest


def _lines(component: Component) -> list[str]:
    return [_line(component, name, value) for name, value in component.property_items()]


def _line(component: Component, name: str, value: object) -> str:
    """One content line. A value that is nothing but its text needs none of icalendar's care: half of a rendering."""
    if isinstance(value, vInline) and not value.params:
        return f"{name}:{value}"
    if isinstance(value, bytes):
        return f"{name}:{value.decode()}"
    line: str = component.content_line(name, value)
    return line


def _folded(line: str) -> bytes:
    """One content line with its CRLF, folded at 75 octets and never inside a character (§3.1).

    icalendar asks about every single character, which takes half of a rendering's time.
    """
    octets, start, room = line.encode(), 0, LINE
    parts = []
    while len(octets) - start > room:
        cut = start + room
        while octets[cut] >> 6 == CONTINUED:
            cut -= 1
        cut -= octets[cut - 1] == BACKSLASH  # some readers lose an escape that is torn apart
        parts.append(octets[start:cut])
        start, room = cut, LINE - 1
    return b"\r\n ".join([*parts, octets[start:]]) + b"\r\n"


def _head(name: str, zone: ZoneInfo, words: Catalogue) -> dict[str, object]:
    """Name and refresh in the newer and the older spelling; no METHOD, which would bring iTIP's rules."""
    return {
        "VERSION": _text("2.0"),
        "PRODID": _text(f"-//aurion-planning//aurion-planning//{words.language.upper()}"),
        "CALSCALE": _text("GREGORIAN"),
        "NAME": _text(name),
        "X-WR-CALNAME": _text(name),
        "X-WR-TIMEZONE": _text(zone.key),
        "REFRESH-INTERVAL": vInline(REFRESH, params={"VALUE": "DURATION"}),
        "X-PUBLISHED-TTL": vInline(REFRESH),
    }


def _text(value: str) -> vInline:
    """A TEXT value, escaped here: icalendar's own escaping takes a backslash before an N for a line break."""
    return vInline(clean(value).translate(ESCAPES))


def _timezone(zone: ZoneInfo, rules: tuple[Observance, ...]) -> Timezone:
    built = Timezone()
    built["TZID"] = _text(zone.key)
    for half, rule in zip((TimezoneStandard(), TimezoneDaylight()), rules, strict=False):
        half["DTSTART"] = vInline(f"{rule.onset(FIRST_YEAR):%Y%m%dT%H%M%S}")
        half["TZNAME"] = _text(rule.name)
        half["TZOFFSETFROM"] = vUTCOffset(rule.before)
        half["TZOFFSETTO"] = vUTCOffset(rule.after)
        if day := rule.yearly:
            nth = f"{day.nth}" if day.nth == LAST else f"+{day.nth}"
            half["RRULE"] = vInline(f"FREQ=YEARLY;BYDAY={nth}{WEEKDAYS[day.weekday]};BYMONTH={day.month}")
        built.add_component(half)
    return built


class EventRenderer:
    """Writes events as one calendar shows them."""

    def __init__(self, look: RenderOptions) -> None:
        self._look = look
        self._rules = observances(look.zone)
        words = look.words
        self._teller = EventText(words=words, kinds=look.all_kinds, labels=words.table("calendar.labels"))

    def draft(self, telling: EventToRender) -> RenderedEvent:
        """The event as this calendar shows it."""
        event, status, built = telling.event, telling.status, Lesson()
        built["UID"] = _text(telling.uid)
        built["STATUS"] = vInline(self._status(status))
        built["X-AURION-EVENT-ID"] = _text(event.id)
        for key, moment in zip(("DTSTART", "DTEND"), _moments(event, self._look.zone, self._rules), strict=False):
            built[key] = vDatetime(moment) if isinstance(moment, datetime) else vDate(moment, params={"VALUE": "DATE"})
        for key, text in self._texts(event, status).items():
            if text:
                built[key] = _text(text)
        further = filter(None, map(one_line, telling.categories))
        if told := dict.fromkeys((*self._teller.categories(event), *further)):
            built["CATEGORIES"] = vInline(",".join(map(_text, told)))
        if event.all_day or status == "CANCELLED":
            built["TRANSP"] = vInline("TRANSPARENT")
        if event.is_exam or status == "CANCELLED":
            built["COLOR"] = vInline(CANCELLED_COLOR if status == "CANCELLED" else EXAM_COLOR)
        for alarm in self._alarms(event, status):
            built.add_component(alarm)
        return RenderedEvent(uid=telling.uid, status=status, lines=tuple(_lines(built)))

    def _status(self, status: Status) -> str:
        """Google takes away what is CANCELLED, so that nobody sees it (calendar-clients.md)."""
        return "CONFIRMED" if self._look.client == "google" else status

    def _texts(self, event: Event, status: Status) -> dict[str, str]:
        summary = self._teller.summary(event)
        if status == "CANCELLED" and self._look.client in SAID_IN_TITLE:
            summary = self._look.words("calendar.cancelled_summary", subject=summary)
        return {
            "SUMMARY": summary,
            "LOCATION": self._teller.location(event),
            "DESCRIPTION": self._teller.description(event),
        }

    def _alarms(self, event: Event, status: Status) -> Iterator[Alarm]:
        wished = self._look.exam_alarms if event.is_exam else self._look.alarms
        for before in wished if status == "CONFIRMED" else ():
            alarm = Alarm()
            alarm["ACTION"] = vInline("DISPLAY")
            alarm["TRIGGER"] = vInline(f"-PT{int(before.total_seconds()) // 60}M")
            alarm["DESCRIPTION"] = _text(self._teller.summary(event))
            yield alarm


def _moments(event: Event, zone: ZoneInfo, rules: tuple[Observance, ...]) -> tuple[date, ...]:
    """Start and, where the event has a length, end: dates of whole days, else local times of `zone`.

    Both are UTC where the local time of one would be read as another instant: of an hour that comes twice in
    October RFC 5545 §3.3.5 can name the first only, and readers differ.
    """
    start, end = (moment.astimezone(UTC).replace(microsecond=0) for moment in (event.start, event.end))
    local = (start.astimezone(zone), end.astimezone(zone))
    if event.all_day:
        first, after = (moment.date() for moment in local)
        return (first, after) if after > first else (first,)
    if all(is_readable(moment, zone, rules) for moment in (start, end)):
        return local if end > start else local[:1]
    return (start, end) if end > start else (start,)
