"""The calendar's components, built with icalendar; imported by the first `render` only.

Every property is set by hand: what icalendar would fill in by itself (DTSTAMP, UID) is the clock and chance.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Timezone, TimezoneDaylight, TimezoneStandard, vDate, vDatetime
from icalendar import Event as Lesson
from icalendar.prop import vInline, vUTCOffset

from scraper.ical import Entry
from scraper.ical.text import Teller, clean
from scraper.ical.zone import FIRST_YEAR, LAST, Observance, is_readable, observances
from scraper.planning import Event
from scraper.words import Words

REFRESH = "PT6H"
INSTANT = "%Y%m%dT%H%M%SZ"
LINE = 75  # octets (§3.1)
BACKSLASH = ord("\\")
CONTINUED = 0b10  # the first bits of the second, third and fourth octet of a character in UTF-8
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar(entries: Iterable[Entry], *, zone: ZoneInfo, words: Words, name: str, kinds: Mapping[str, str]) -> bytes:
    """See `scraper.ical.render`."""
    rules = observances(zone)
    teller = Teller(
        words=words,
        kinds={**words.table("calendar.kinds"), **kinds},
        labels=words.table("calendar.labels"),
    )
    built = Calendar()
    for key, value in _head(name, zone, words).items():
        built[key] = value
    built.add_component(_timezone(zone, rules))
    for entry in entries:
        built.add_component(_lesson(entry, teller, zone, rules))
    return b"".join(_folded(_line(built, name, value)) for name, value in built.property_items())


def _line(calendar: Calendar, name: str, value: object) -> str:
    """One content line. A value that is nothing but its text needs none of icalendar's care: half of a rendering."""
    if isinstance(value, vInline) and not value.params:
        return f"{name}:{value}"
    if isinstance(value, bytes):
        return f"{name}:{value.decode()}"
    line: str = calendar.content_line(name, value)
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


def _head(name: str, zone: ZoneInfo, words: Words) -> dict[str, object]:
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


def _lesson(entry: Entry, teller: Teller, zone: ZoneInfo, rules: tuple[Observance, ...]) -> Component:
    event = entry.event
    built = Lesson()
    built["UID"] = _text(entry.uid)
    built["SEQUENCE"] = vInline(str(entry.sequence))
    built["DTSTAMP"] = vInline(f"{entry.stamp.astimezone(UTC):{INSTANT}}")
    built["LAST-MODIFIED"] = vInline(f"{entry.last_modified.astimezone(UTC):{INSTANT}}")
    built["STATUS"] = vInline(entry.status)
    built["X-AURION-EVENT-ID"] = _text(event.id)
    for key, moment in zip(("DTSTART", "DTEND"), _moments(event, zone, rules), strict=False):
        built[key] = vDatetime(moment) if isinstance(moment, datetime) else vDate(moment, params={"VALUE": "DATE"})
    for key, text in _texts(event, teller).items():
        if text:
            built[key] = _text(text)
    if categories := teller.categories(event):
        built["CATEGORIES"] = vInline(",".join(map(_text, categories)))
    return built


def _texts(event: Event, teller: Teller) -> dict[str, str]:
    return {
        "SUMMARY": teller.summary(event),
        "LOCATION": teller.location(event),
        "DESCRIPTION": teller.description(event),
    }


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
