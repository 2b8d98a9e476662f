"""Calendars of any events: well-formed, and read alike by every parser."""

import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scraper.domain.planning import Event
from scraper.i18n import LANGUAGES
from scraper.ical.event_text import clean_value
from tests.effort import examples
from tests.factories import PARIS, event
from tests.ical.events import calendars, october, rendered
from tests.parsers import Parsed, assert_same_events, by_icalendar

pytestmark = pytest.mark.slow

Calendar = tuple[ZoneInfo, tuple[Event, ...]]
QUICKLY = settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
GAP = datetime(2026, 3, 29, 2, 30, tzinfo=PARIS)


def visible(text: str) -> str:
    """Return the visible characters; half a surrogate pair counts as an unknown one."""
    reported = "".join("\ufffd" if unicodedata.category(char) == "Cs" else char for char in text)
    return "".join(char for char in reported if unicodedata.category(char)[0] not in "ZC")


def moments(reported: Event) -> tuple[date, date | None]:
    """Return start and end for a reader: dates for whole days, else UTC; no end without a length."""
    if reported.all_day:
        return reported.start.date(), reported.end.date() if reported.end.date() > reported.start.date() else None
    start, end = (moment.astimezone(UTC).replace(microsecond=0) for moment in (reported.start, reported.end))
    return start, end if end > start else None


@QUICKLY
@given(calendars(), st.sampled_from(LANGUAGES))
@example((PARIS, ()), "fr")
@example((PARIS, (october(30, 60),)), "fr")
@example((PARIS, (october(90, 0),)), "fr")
@example((PARIS, (event(start=GAP, end=GAP),)), "en")
@example((PARIS, (event(raw_title="\\Nabla \\\\n" + "\\" * 200),)), "fr")
@example((PARIS, (event(raw_title="x" + " " * 400 + "y"),)), "fr")
@example((PARIS, (event(subject="Maths \\"),)), "fr")
def test_every_parser_reads_the_events(calendar: Calendar, language: str) -> None:
    """Four parsers return the same UIDs, instants and texts, which are those of the events."""
    zone, events = calendar
    body = rendered(zone, events, language)
    read = {parsed.uid: parsed for parsed in assert_same_events(body)}
    assert len(read) == len(events)
    for parsed, reported in zip(by_icalendar(body), events, strict=True):
        assert (parsed.start, parsed.end) == moments(reported)
        assert_texts(parsed, reported)


def assert_texts(parsed: Parsed, reported: Event) -> None:
    """Check that the summary ends with the subject, the description with the title, and the location is the rooms."""
    assert parsed.summary
    assert "\n" not in parsed.summary + parsed.location
    assert visible(parsed.summary).endswith(visible(reported.subject))
    assert visible(parsed.location).replace(",", "") == visible("".join(reported.rooms)).replace(",", "")
    assert visible(parsed.description).endswith(visible(reported.raw_title))
    assert clean_value(reported.raw_title).rstrip() in parsed.description or not visible(reported.raw_title)


@QUICKLY
@given(calendars())
def test_lines_are_valid_and_the_same_each_time(calendar: Calendar) -> None:
    """Every line ends with CRLF, has at most 75 bytes and is UTF-8 on its own; rendering has no clock."""
    body = rendered(*calendar)
    assert rendered(*calendar) == body
    assert body.endswith(b"END:VCALENDAR\r\n")
    lines = body.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 75 and line.strip() for line in lines)
    text = [line.decode() for line in lines]
    assert all(char not in line for line in text for char in "\r\n\t\x00\x0b\x0c\x7f\x85\u2028\u2029")
    assert text.count("BEGIN:VEVENT") == len(calendar[1])
