"""Day and night at a portal, in the school's own time zone."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from scraper.config.schools.school_files import load_school
from scraper.domain.planning import DAY
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
    return next(night for night in _nights(now, portal, settings) if night > now)


def last_night(now: datetime, portal: str, settings: HostingSettings) -> datetime:
    """Return the beginning of the last night: from then on the exchanges of a day are counted."""
    return max(night for night in _nights(now, portal, settings) if night <= now)


def _nights(now: datetime, portal: str, settings: HostingSettings) -> list[datetime]:
    """Return the beginnings of the nights from yesterday until tomorrow."""
    zone, begins = portal_zone(portal), settings.politeness_for(portal).night_begins
    today = now.astimezone(zone).date()
    return [datetime.combine(today + days * DAY, begins, zone).astimezone(UTC) for days in (-1, 0, 1)]
