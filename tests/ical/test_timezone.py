"""VTIMEZONE: the yearly rules of a zone, with one STANDARD and at most one DAYLIGHT."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from dateutil import tz

from scraper.ical.timezone import is_readable, observances
from tests.cases import for_each
from tests.factories import PARIS, PARIS_VTIMEZONE
from tests.ical.events import ZONES, rendered

TWO = (
    *("Europe/Paris", "Europe/Dublin", "America/New_York"),
    *("Australia/Sydney", "Australia/Lord_Howe", "America/Havana"),
)


def block(zone: ZoneInfo) -> str:
    """Return the VTIMEZONE of a calendar in that zone."""
    body = rendered(zone, ()).decode().replace("\r\n", "\n")
    return body[body.index("BEGIN:VTIMEZONE") : body.index("END:VCALENDAR")]


def test_vtimezone_of_paris() -> None:
    """The rules are the last Sundays of October and March, in the time before the change."""
    assert block(PARIS) == PARIS_VTIMEZONE


@for_each("zone", ZONES)
def test_vtimezone_has_one_rule_for_each_offset(zone: ZoneInfo) -> None:
    """Outlook reads one STANDARD and at most one DAYLIGHT without RDATE."""
    text = block(zone)
    assert text.count("BEGIN:STANDARD") == 1
    assert text.count("BEGIN:DAYLIGHT") == text.count("FREQ=YEARLY") // 2 == (zone.key in TWO)
    assert "RDATE" not in text
    assert "COMMENT" not in text


@for_each("key", TWO)
def test_vtimezone_gives_the_offsets_of_zoneinfo(key: str) -> None:
    """Dateutil reads the VTIMEZONE; each hour around a change of four hours is compared.

    A country may leave switches out in some years, as Cuba did in 2026; never in all of them.
    """
    zone = ZoneInfo(key)
    reported = tz.tzical(StringIO(block(zone))).get()
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(3 * 366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    near = [hours[n] for n in range(4, len(hours) - 4) if len({offsets[n - 4], offsets[n], offsets[n + 4]}) > 1]
    assert len(near) >= 2 * 8
    for instant in near:
        if is_readable(instant, zone, observances(zone)):
            local = instant.astimezone(zone)
            assert local.replace(tzinfo=reported).astimezone(UTC) == instant


@for_each(
    ("key", "instant", "readable"),
    [
        ("Europe/Paris", datetime(2026, 10, 25, 0, 59, tzinfo=UTC), False),
        ("Europe/Paris", datetime(2026, 10, 24, 23, 59, tzinfo=UTC), True),
        ("Europe/Paris", datetime(2026, 10, 25, 1, 59, tzinfo=UTC), False),
        ("Europe/Paris", datetime(2026, 10, 25, 2, tzinfo=UTC), True),
        ("Europe/Paris", datetime(2026, 3, 29, 1, tzinfo=UTC), True),
        ("Europe/Paris", datetime(1990, 10, 10, tzinfo=UTC), False),
        ("Indian/Reunion", datetime(1969, 6, 1, tzinfo=UTC), False),
        ("Australia/Sydney", datetime(2026, 1, 15, tzinfo=UTC), True),
        ("Indian/Reunion", datetime(2026, 7, 15, tzinfo=UTC), True),
        ("America/Nuuk", datetime(2026, 7, 15, tzinfo=UTC), False),
        ("America/Nuuk", datetime(2026, 1, 15, tzinfo=UTC), True),
    ],
)
def test_instants_that_the_rules_cannot_express(key: str, instant: datetime, *, readable: bool) -> None:
    """Find those with a repeated local time, and those in years or zones with other rules."""
    zone = ZoneInfo(key)
    assert is_readable(instant, zone, observances(zone)) is readable
