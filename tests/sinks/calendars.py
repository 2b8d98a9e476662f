"""Small calendars in the form of an export."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_DNS, uuid5
from zoneinfo import ZoneInfo

from scraper.domain.planning import Event
from scraper.i18n import Catalogue
from scraper.ical.entry import EventToRender, PublishedEvent, RenderOptions, Status
from scraper.ical.render import render, render_events

PARIS = ZoneInfo("Europe/Paris")
FIRST = datetime(2026, 11, 26, 8, tzinfo=PARIS)
LOOK = RenderOptions(zone=PARIS, words=Catalogue("fr"), alarms=(timedelta(minutes=10),))


def uid_of(number: int) -> str:
    """Return the UID of a lesson."""
    return str(uuid5(NAMESPACE_DNS, str(number)))


def calendar(
    numbers: Iterable[int],
    *,
    changed: Iterable[int] = (),
    cancelled: Iterable[int] = (),
    instant: Iterable[int] = (),
    revision: int = 0,
) -> bytes:
    """Return these lessons; `changed` ones are in another room, `instant` ones have no end."""
    rooms, off, short = set(changed), set(cancelled), set(instant)
    tellings = []
    for number in numbers:
        start = FIRST + timedelta(days=number % 200, hours=number % 3)
        event = Event(
            id=str(number), start=start, end=start + timedelta(hours=0 if number in short else 2),
            subject=f"Réseaux, groupe {number}",
            rooms=("B305" if number in rooms else "C601",), raw_title=f"ligne ; une\nligne \\ deux, {'é' * 80}",
        )  # fmt: skip
        status: Status = "CANCELLED" if number in off else "CONFIRMED"
        tellings.append(EventToRender(event, uid_of(number), status))
    at = datetime(2026, 11, 24, tzinfo=UTC)
    reported = [
        PublishedEvent(rendered=draft, sequence=revision, revised=at + timedelta(days=revision))
        for draft in render_events(tellings, LOOK)
    ]
    return render(reported, LOOK, "Planning")
