"""Builders of the objects that tests of several packages need: events, tracked events, responses of a portal."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from scraper.domain.changes import TrackedEvent
from scraper.domain.planning import Event
from scraper.domain.recording import Capture, Window

PARIS = ZoneInfo("Europe/Paris")
NAMESPACE = UUID("0b6f3f0e-54a5-4c5c-8a0c-2f2f3c1f5a77")
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = Event(
    id="70340910",
    start=datetime(2026, 3, 10, 8, tzinfo=PARIS),
    end=datetime(2026, 3, 10, 10, tzinfo=PARIS),
    subject="Anglais",
    kind="COURS_TD",
    rooms=("IC1_222",),
    teachers=("Madame GIRARD",),
    raw_title="IC1_222\n\nAnglais\nCOURS_TD\nMadame GIRARD",
)
PARIS_VTIMEZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""


def event(**changes: object) -> Event:
    """A plain lesson in Paris, with these changes."""
    return replace(PLAIN, **changes)  # type: ignore[arg-type]


def bare_event(start: datetime, minutes: int = 120, *, number: object = 1, **fields: object) -> Event:
    """An event with only an id, a start and an end that many minutes later, and these fields."""
    end = datetime.fromtimestamp(start.timestamp() + 60 * minutes, start.tzinfo)
    return Event(id=str(number), start=start, end=end, **fields)  # type: ignore[arg-type]


def tracked(one: Event, seen: datetime, **fields: object) -> TrackedEvent:
    """The event as a run at that moment stored it; its UID is its id unless `fields` has another."""
    return TrackedEvent(**{"uid": one.id, "event": one, "first_seen": seen, "last_seen": seen, **fields})  # type: ignore[arg-type]


def partial_response(schedule: str, more: str = "") -> str:
    """A JSF partial response with this text as the update of the schedule; `more` are further updates."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\"><changes>"
        f'<update id="form:j_idt118"><![CDATA[{schedule}]]></update>{more}</changes></partial-response>'
    )


def capture(body: str, at: datetime, window: Window, **fields: object) -> Capture:
    """A captured response to the planning page's own request for that window."""
    made = {"at": at, "address": "https://aurion.test/faces/Planning.xhtml", "source": "form:j_idt118"}
    return Capture(**{**made, "window": window, "own": window, "body": body, **fields})  # type: ignore[arg-type]
