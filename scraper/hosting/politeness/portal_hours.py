"""Day and night at a portal, in the school's own time zone."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from scraper.config.schools.school_files import load_school
from scraper.hosting.service_settings import HostingSettings, Politeness


@cache
def portal_zone(portal: str) -> ZoneInfo:
    """Return the time zone of the portal's school."""
    return load_school(portal).zone


def is_daytime(now: datetime, limits: Politeness, zone: ZoneInfo) -> bool:
    """Return whether the limits by day hold."""
    local, begins, ends = now.astimezone(zone).time(), limits.day_begins, limits.night_begins
    return begins <= local < ends if begins <= ends else not ends <= local < begins


def exchange_rate(now: datetime, portal: str, settings: HostingSettings) -> float:
    """Return the exchanges per second that the portal's school allows now."""
    limits = settings.politeness_for(portal)
    return limits.day_rate if is_daytime(now, limits, portal_zone(portal)) else limits.night_rate


def next_night(now: datetime, portal: str, settings: HostingSettings) -> datetime:
    """Return the beginning of the next night, after now."""
    return _next_moment(now, settings.politeness_for(portal).night_begins, portal_zone(portal))


def last_night(now: datetime, portal: str, settings: HostingSettings) -> datetime:
    """Return the beginning of the last night: from then on the exchanges of a day are counted."""
    return _next_moment(
        now - timedelta(hours=25), settings.politeness_for(portal).night_begins, portal_zone(portal), now
    )


def _next_moment(after: datetime, at: time, zone: ZoneInfo, until: datetime | None = None) -> datetime:
    """Return the first moment with that local time after `after`; with `until`, the last one up to then."""
    day = after.astimezone(zone).date()
    found = [datetime.combine(day + timedelta(days=n), at, zone).astimezone(UTC) for n in range(3)]
    return next(x for x in found if x > after) if until is None else max(x for x in found if x <= until)
