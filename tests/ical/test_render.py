"""Rendering: the properties of calendar and events, and their form."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from scraper.domain.palette import COLORS
from scraper.domain.planning import Event, Period, Planning
from scraper.i18n import Catalogue
from scraper.ical.entry import EventToRender, PublishedEvent, RenderOptions, Status, content_of
from scraper.ical.render import assign_first_revisions, render, render_events
from tests.cases import for_each
from tests.factories import AT, NAMESPACE, PARIS, bare_event, event
from tests.ical.events import october, rendered
from tests.parsers import assert_same_events

LOOK = RenderOptions(zone=PARIS, words=Catalogue("fr"))
SMALL = Path(__file__).with_name("small.ics")


def entry(
    reported: Event, uid: str = "u-1", status: Status = "CONFIRMED", *, sequence: int = 0, revised: datetime = AT
) -> PublishedEvent:
    """Return the entry of an event in a French calendar, by default its first."""
    (rendered,) = render_events([EventToRender(reported, uid, status)], LOOK)
    return PublishedEvent(rendered=rendered, sequence=sequence, revised=revised)


def lines(*reported: Event, zone: ZoneInfo = PARIS, language: str = "fr") -> list[str]:
    """Return the unfolded lines of a calendar of these events."""
    return rendered(zone, reported, language).decode().replace("\r\n ", "").split("\r\n")


def lines_of(name: str, *reported: Event, language: str = "fr") -> list[str]:
    """Return the lines of that property in a calendar of these events, without VTIMEZONE."""
    found = lines(*reported, language=language)
    tail = found[found.index("END:VTIMEZONE") :]
    return [line for line in tail if line.split(":")[0].split(";")[0] == name]


def small() -> tuple[PublishedEvent, ...]:
    """Return a lesson, an exam with three changes and no room, whole days, and a cancelled meeting."""
    day = timedelta(days=1)
    holidays = datetime(2026, 4, 6, tzinfo=PARIS)
    exam = {
        "subject": "Bases de données",
        "kind": "est-epreuve",
        "is_exam": True,
        "rooms": (),
        "teachers": (),
    }
    note = "Salle à confirmer ; apporter papier, crayon\nMerci à tous"
    return (
        entry(event()),
        entry(
            event(id="2", raw_title="\n\nBases de données\nEXAM_SURV\n ", **exam),
            uid="u-2",
            sequence=3,
            revised=AT + day,
        ),
        entry(bare_event(holidays, 5 * 24 * 60, number=3, all_day=True, kind="CONGES"), uid="u-3"),
        entry(
            event(id="4", subject="", note=note, kind="REUNION", raw_title=f"IC1_222\n{note}\n\nREUNION\n"),
            uid="u-4",
            sequence=1,
            status="CANCELLED",
        ),
    )


def test_small_calendar_is_rendered() -> None:
    """The bytes are those of a stored file."""
    body = render(small(), LOOK, "Planning")
    assert body == SMALL.read_bytes()
    assert len(assert_same_events(body)) == 4


def test_calendar_properties() -> None:
    """VERSION and PRODID, name and refresh in both notations, no METHOD (RFC 7986 §5.1, §5.7)."""
    head = lines()[: lines().index("BEGIN:VTIMEZONE")]
    assert sorted(head) == sorted(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//aurion-planning//aurion-planning//FR",
            "CALSCALE:GREGORIAN",
            "NAME:Planning\\, l'essai",
            "X-WR-CALNAME:Planning\\, l'essai",
            "X-WR-TIMEZONE:Europe/Paris",
            "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
            "X-PUBLISHED-TTL:PT6H",
        ]
    )


def test_event_has_only_the_needed_properties() -> None:
    """The rebuild of a ledger and clients need them; icalendar adds none."""
    (parsed,) = Calendar.from_ical(rendered(PARIS, (event(),))).walk("VEVENT")
    assert set(parsed) == {
        *("UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "STATUS", "X-AURION-EVENT-ID", "X-AURION-COURSE"),
        *("DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "CATEGORIES", "COLOR"),
    }
    assert parsed["UID"] == str(uuid5(NAMESPACE, event().id))
    assert UUID(parsed["UID"]).version == 5
    assert parsed["X-AURION-EVENT-ID"] == event().id


def test_first_entry_has_sequence_0() -> None:
    """Confirm the event, with the whole second of the recording's time, in UTC."""
    noon = datetime(2026, 3, 1, 13, 0, 0, 999_999, tzinfo=PARIS)
    period = Period(first=noon.date(), last=noon.date())
    (first,) = assign_first_revisions(Planning(school="essai", period=period, events=(event(),)), NAMESPACE, noon, LOOK)
    plain = entry(event(), uid=str(uuid5(NAMESPACE, event().id)))
    assert first == replace(plain, rendered=replace(plain.rendered, course=event().subject, color=COLORS[0]))
    assert first.revised.utcoffset() == timedelta()


def test_stamps_are_written_in_utc() -> None:
    """DTSTAMP and LAST-MODIFIED come from the entry, in any zone (RFC 5545 §3.8.7.2)."""
    evening = datetime(2026, 3, 1, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    body = render((entry(event(), revised=evening),), LOOK, "P").decode()
    assert "DTSTAMP:20260302T013000Z\r\n" in body
    assert "LAST-MODIFIED:20260302T013000Z\r\n" in body


def test_entries_keep_their_order() -> None:
    """The file is not sorted again."""
    reported = [event(id=str(number)) for number in (3, 1, 2)]
    assert lines_of("X-AURION-EVENT-ID", *reported) == [f"X-AURION-EVENT-ID:{number}" for number in (3, 1, 2)]


@for_each(
    ("reported", "start", "end"),
    [
        (event(), "DTSTART;TZID=Europe/Paris:20260310T080000", "DTEND;TZID=Europe/Paris:20260310T100000"),
        (october(-1, 0), "DTSTART;TZID=Europe/Paris:20261025T015900", None),
        (october(30, 30), "DTSTART:20261025T003000Z", "DTEND:20261025T010000Z"),
        (october(90, 0), "DTSTART:20261025T013000Z", None),
        (october(15, 60), "DTSTART:20261025T001500Z", "DTEND:20261025T011500Z"),
        (october(120, 0), "DTSTART;TZID=Europe/Paris:20261025T030000", None),
    ],
)
def test_times_have_their_zone(reported: Event, start: str, end: str | None) -> None:
    """Local times have a TZID; a repeated hour is in UTC (RFC 5545 §3.3.5)."""
    assert lines_of("DTSTART", reported) == [start]
    assert lines_of("DTEND", reported) == ([end] if end else [])


@for_each("seconds", [0, 0.4, -1800])
def test_event_without_length_has_no_end(seconds: float) -> None:
    """DTEND must be later than DTSTART (RFC 5545 §3.6.1)."""
    reported = event(end=event().start + timedelta(seconds=seconds))
    assert lines_of("DTEND", reported) == []
    assert lines_of("DTSTART", reported) == ["DTSTART;TZID=Europe/Paris:20260310T080000"]


def test_whole_days_are_dates() -> None:
    """The end is the day after the last, also across a change of clocks (RFC 5545 §3.6.1)."""
    first, after = datetime(2026, 3, 28, tzinfo=PARIS), datetime(2026, 3, 30, tzinfo=PARIS)
    reported = event(start=first, end=after, all_day=True)
    assert lines_of("DTSTART", reported) == ["DTSTART;VALUE=DATE:20260328"]
    assert lines_of("DTEND", reported) == ["DTEND;VALUE=DATE:20260330"]


def test_time_of_another_zone_is_converted() -> None:
    """Write the time in the school's zone."""
    reported = event(start=datetime(2026, 3, 10, 3, tzinfo=ZoneInfo("America/Martinique")))
    assert lines_of("DTSTART", reported) == ["DTSTART;TZID=Europe/Paris:20260310T080000"]


def test_empty_properties_are_left_out() -> None:
    """These are LOCATION, DESCRIPTION and CATEGORIES; there is always a SUMMARY."""
    blank = bare_event(event().start, rooms=("", " \u200b"))
    assert lines_of("LOCATION", blank) == lines_of("DESCRIPTION", blank) == lines_of("CATEGORIES", blank) == []
    assert lines_of("SUMMARY", blank) == ["SUMMARY:Cours"]


def test_comma_in_a_category_is_escaped() -> None:
    """Each category is escaped on its own (RFC 5545 §3.8.1.2)."""
    assert lines_of("CATEGORIES", event(subject="", kind="A,B", is_exam=True)) == ["CATEGORIES:A\\,B,Examen"]
    assert lines_of("CATEGORIES", event(subject="", kind="A\\", is_exam=True)) == ["CATEGORIES:A\\\\,Examen"]
    assert lines_of("CATEGORIES", event(subject="A, B", kind="TD")) == ["CATEGORIES:A\\, B,Travaux dirigés"]


def test_course_has_a_colour_and_a_category() -> None:
    """Exams and cancelled lessons have colours of their own."""

    def style(**other: object) -> list[str]:
        one = EventToRender(**{"event": event(subject="A, B", kind="TD"), "uid": "u", "color": "olive", **other})  # type: ignore[arg-type]
        (shown,) = render_events([one], LOOK)
        assert content_of(shown.styled_lines) == [*shown.lines]
        return [line for line in shown.styled_lines if line.startswith(("CATEGORIES", "COLOR", "X-AURION-C"))]

    course = "X-AURION-COURSE:A\\, B"
    assert style() == ["COLOR:olive", course, "CATEGORIES:A\\, B,Travaux dirigés"]
    assert style(event=event(subject="A, B", kind="")) == ["COLOR:olive", course, "CATEGORIES:A\\, B"]
    assert style(status="CANCELLED") == [course, "CATEGORIES:A\\, B,Travaux dirigés", "COLOR:silver"]
    exam = event(subject="A, B", kind="TD", is_exam=True)
    assert style(event=exam) == [course, "CATEGORIES:A\\, B,Travaux dirigés,Examen", "COLOR:tomato"]
    assert style(event=event(subject="Examen", kind="")) == ["COLOR:olive"]
    assert style(event=event(subject="Cours", kind="COURS")) == ["COLOR:olive", "CATEGORIES:Cours"]
    assert style(color="") == ["CATEGORIES:Travaux dirigés"]


@pytest.mark.slow
def test_commands_without_rendering_do_not_import_icalendar() -> None:
    """The import is slow."""
    script = "import sys, scraper.runs.overview, scraper.publishing.ledgers; sys.exit('icalendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_school_in_another_zone() -> None:
    """Use its VTIMEZONE and TZID, and nothing of Paris."""
    zone = ZoneInfo("Indian/Reunion")
    start = datetime(2026, 7, 1, 8, tzinfo=zone)
    written = lines(event(start=start, end=start), zone=zone)
    assert "TZID:Indian/Reunion" in written
    assert "DTSTART;TZID=Indian/Reunion:20260701T080000" in written
    assert "TZOFFSETTO:+0400" in written
    assert not [line for line in written if "Paris" in line]
