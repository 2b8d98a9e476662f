"""A zone's yearly rules, read off zoneinfo: one STANDARD, at most one DAYLIGHT, and never a wrong hour."""

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
    """The VTIMEZONE of a calendar in that zone."""
    body = rendered(zone, ()).decode().replace("\r\n", "\n")
    return body[body.index("BEGIN:VTIMEZONE") : body.index("END:VCALENDAR")]


def test_paris() -> None:
    """Last Sundays of October and March, by the clock of before."""
    assert block(PARIS) == PARIS_VTIMEZONE


@for_each("zone", ZONES)
def test_shape(zone: ZoneInfo) -> None:
    """One STANDARD and at most one DAYLIGHT, no RDATE: all that Outlook reads right."""
    text = block(zone)
    assert text.count("BEGIN:STANDARD") == 1
    assert text.count("BEGIN:DAYLIGHT") == text.count("FREQ=YEARLY") // 2 == (zone.key in TWO)
    assert "RDATE" not in text
    assert "COMMENT" not in text


@for_each("key", TWO)
def test_another_reader_gets_the_zone_back(key: str) -> None:
    """dateutil, given the VTIMEZONE alone, has the offset of zoneinfo four hours around every switch.

    A country may leave switches out in some years, as Cuba did in 2026; never in all of them.
    """
    zone = ZoneInfo(key)
    reported = tz.tzical(StringIO(block(zone))).get()
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(3 * 366 * 24)]
    near = [
        hour
        for hour in hours
        if hour.astimezone(zone).utcoffset() != (hour + timedelta(hours=4)).astimezone(zone).utcoffset()
        or hour.astimezone(zone).utcoffset() != (hour - timedelta(hours=4)).astimezone(zone).utcoffset()
    ]
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
def test_which_instants_the_rules_can_name(key: str, instant: datetime, *, readable: bool) -> None:
    """Not those with a local time that comes twice, nor those of years or zones that had other rules."""
    zone = ZoneInfo(key)
    assert is_readable(instant, zone, observances(zone)) is readable
