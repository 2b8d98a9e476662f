"""Generated events and calendars of every kind, and builders of plain ones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scraper.domain.planning import Event, Period, Planning
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.ical.render import assign_first_revisions, render
from tests.factories import AT, NAMESPACE, PARIS, event

# Half-hour and southern summers, none, a pause for Ramadan, days that are no nth weekday, midnights.
ZONES = tuple(
    map(
        ZoneInfo,
        (
            "Europe/Paris",
            "Europe/Dublin",
            "America/New_York",
            "America/Martinique",
            "Indian/Reunion",
            "Pacific/Noumea",
            "Asia/Kolkata",
            "Australia/Sydney",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "America/Nuuk",
            "America/Santiago",
            "Africa/Cairo",
            "America/Havana",
            "UTC",
        ),
    )
)
NASTY = (
    *(
        "\\",
        ";",
        ",",
        ":",
        '"',
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\x00",
        "\x07",
        "\x0b",
        "\x0c",
        "\x1e",
        "\x7f",
        "\x85",
    ),
    *("\\n", "\\N", "\\,", "\\;", "\\\\", "^n", "^'", "%2C", "\u2028", "\u2029", "\u200b", "\ufeff", "\xa0"),
    *(
        "\ud800",
        "\udfff",
        "🎓",
        "👩‍🏫",
        "é",
        "é" * 60,
        "mot" * 50,
        " " * 200,
        "\u3000" * 90,
        "\\" * 90,
        ";" * 80,
    ),
    *("BEGIN:VEVENT", "END:VCALENDAR\r\n", "\nDTSTART:20200101", "=", "=\n", "ENCODING=QUOTED-PRINTABLE"),
)


def october(minutes: int, length: int) -> Event:
    """A lesson that many minutes after 2026-10-25T00:00Z, one hour before Paris turns its clocks back."""
    start = datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=minutes)
    return event(start=start.astimezone(PARIS), end=(start + timedelta(minutes=length)).astimezone(PARIS))


def rendered(zone: ZoneInfo, events: tuple[Event, ...], language: str = "fr") -> bytes:
    """Return the bytes of a first calendar of these events."""
    period = Period(first=date(2026, 1, 1), last=date(2026, 12, 31))
    look = RenderOptions(zone=zone, words=Catalogue(language))
    entries = assign_first_revisions(Planning(school="essai", period=period, events=events), NAMESPACE, AT, look)
    return render(entries, look, "Planning, l'essai")


def texts() -> st.SearchStrategy[str]:
    """Generate text of any characters, often of those that break writers and readers."""
    return st.lists(st.text(max_size=20) | st.sampled_from(NASTY), max_size=6).map("".join)


def kinds() -> st.SearchStrategy[str]:
    """Generate known, unknown, missing and absurd codes."""
    # No backslash: after an escaped one, ics takes the comma between two categories for an escaped one too.
    absurd = texts().map(lambda text: text.replace("\\", "/"))
    return st.sampled_from(("COURS_TD", "est-epreuve", "", "NEW_KIND")) | absurd


def instants() -> st.SearchStrategy[datetime]:
    """Generate instants in UTC, many within hours of a change of clocks."""
    switches = st.builds(
        lambda year, month, minutes: (
            datetime(year, month, 31, tzinfo=UTC) - timedelta(days=7) + timedelta(minutes=minutes)
        ),
        st.integers(2008, 2036),
        st.sampled_from((3, 10)),
        st.integers(0, 9 * 24 * 4).map(lambda quarter: 15 * quarter),
    )
    anywhere = st.builds(
        lambda minutes: datetime(2008, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes),
        st.integers(0, 29 * 365 * 24 * 60),
    )
    return anywhere | switches


def spans(zone: ZoneInfo) -> st.SearchStrategy[dict[str, object]]:
    """Start and end of a lesson, of no length now and then, or of whole days."""
    lengths = st.sampled_from((0, 1, 30, 60, 61, 120, 24 * 60, 5000)).map(lambda minutes: timedelta(minutes=minutes))
    timed = st.builds(
        lambda start, length: {"start": start.astimezone(zone), "end": (start + length).astimezone(zone)},
        instants(),
        lengths,
    )
    whole = st.builds(
        lambda first, days: {
            "start": datetime.combine(first, time(), zone),
            "end": datetime.combine(first + timedelta(days=days), time(), zone),
            "all_day": True,
        },
        st.dates(date(2008, 1, 1), date(2036, 12, 31)),
        st.integers(0, 9),
    )
    return timed | whole


@st.composite
def events(draw: st.DrawFn, zone: ZoneInfo) -> Event:
    """Generate an event in that zone."""
    return Event(
        id=draw(st.integers(10**7, 10**8).map(str) | st.uuids().map(str)),
        subject=draw(texts()),
        kind=draw(kinds()),
        is_exam=draw(st.booleans()),
        rooms=tuple(draw(st.lists(texts(), max_size=3))),
        teachers=tuple(draw(st.lists(texts(), max_size=2))),
        note=draw(texts()),
        description=draw(texts()),
        raw_title=draw(texts()),
        **draw(spans(zone)),
    )


@st.composite
def calendars(draw: st.DrawFn) -> tuple[ZoneInfo, tuple[Event, ...]]:
    """Generate a zone and events in it, each with its own id."""
    zone = draw(st.sampled_from(ZONES))
    some = draw(st.lists(events(zone), max_size=3, unique_by=lambda event: event.id))
    return zone, tuple(some)
