"""Describe days, times and ages as text for users.

Runs are in this machine's zone, lessons in their school's. Where the two clocks differ, a run's time names its offset
from UTC, and a list of lessons names their zone.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scraper.i18n import Catalogue

PARIS = ZoneInfo("Europe/Paris")
"""The zone of an unknown school."""


def format_day(at: date, words: Catalogue) -> str:
    """Return the date of `at` with the name of the weekday."""
    return f"{words.format_date(at, 'EEE')} {words.format_date(at)}"


def format_local_hour(at: datetime, school: ZoneInfo | None = None) -> str:
    """Return the hour of a run in this machine's zone, with the UTC offset where the school's offset differs."""
    return f"{at.astimezone():%H:%M}{_offset(at) if _differs_from_school(at, school) else ''}"


def format_local_time(at: datetime, words: Catalogue, school: ZoneInfo | None = None) -> str:
    """Return the day and hour of a run in this machine's zone."""
    return f"{format_day(at.astimezone(), words)} {format_local_hour(at, school)}"


def local_time_facts(at: datetime, words: Catalogue, school: ZoneInfo | None = None) -> dict[str, str]:
    """Return the day and hour of a run as the facts `day` and `hour` of a message."""
    return {"day": format_day(at.astimezone(), words), "hour": format_local_hour(at, school)}


def zone_note(now: datetime, words: Catalogue, school: ZoneInfo) -> list[str]:
    """Return a line that names the zone of lessons, or none where this machine has the same UTC offset."""
    return [words("summary.lesson_zone", zone=school.key)] if _differs_from_school(now, school) else []


def format_recent_time(at: datetime, now: datetime, words: Catalogue, school: ZoneInfo | None) -> str:
    """Return the hour of a run of today, or the day and hour of an earlier one, in this machine's zone."""
    here, hour = at.astimezone(), format_local_hour(at, school)
    if here.date() == now.astimezone().date():
        return words("page.runs.today", hour=hour)
    return words("page.runs.moment", day=format_full_day(here, words), hour=hour)


def format_age(age: timedelta, words: Catalogue) -> str:
    """Return the age in days, hours or minutes."""
    units = ((timedelta(days=1), "days"), (timedelta(hours=1), "hours"))
    unit, name = next((one for one in units if age >= 2 * one[0]), (timedelta(minutes=1), "minutes"))
    return words(f"status.ages.{name}", count=age // unit)


def format_full_day(day: date, words: Catalogue) -> str:
    """Return a day as `29 November 2026`."""
    return words.format_date(day, "d MMMM y")


def _differs_from_school(at: datetime, school: ZoneInfo | None) -> bool:
    return at.astimezone().utcoffset() != at.astimezone(school or PARIS).utcoffset()


def _offset(at: datetime) -> str:
    """Return the UTC offset of this machine as ` UTC`, ` UTC+1` or ` UTC-03:30`."""
    hours, minutes = at.astimezone().strftime("%z")[:3], at.astimezone().strftime("%z")[3:5]
    if minutes != "00":
        return f" UTC{hours}:{minutes}"
    return f" UTC{int(hours):+d}" if int(hours) else " UTC"
