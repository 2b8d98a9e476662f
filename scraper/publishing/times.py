"""Times as people read them. One rule: runs are shown in this machine's zone, lessons in their school's.

Where the two clocks differ, a run's time names its offset from UTC, and a list of lessons names their zone.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from scraper.i18n import Catalogue

PARIS = ZoneInfo("Europe/Paris")
"""The zone of a school that is not known."""


def day_of(at: datetime, words: Catalogue) -> str:
    """The day of `at`, with its name."""
    name = words.table("days")[str(at.isoweekday())]
    return words("summary.day", name=name, day=at.strftime(words("summary.date")))


def hour_here(at: datetime, school: ZoneInfo | None = None) -> str:
    """The hour of a run in this machine's zone, with its offset where the school's clock shows another hour."""
    return f"{at.astimezone():%H:%M}{_offset(at) if _differs(at, school) else ''}"


def time_here(at: datetime, words: Catalogue, school: ZoneInfo | None = None) -> str:
    """The day and hour of a run in this machine's zone."""
    return f"{day_of(at.astimezone(), words)} {hour_here(at, school)}"


def parts_here(at: datetime, words: Catalogue, school: ZoneInfo | None = None) -> dict[str, str]:
    """The same as the facts `day` and `hour` of a sentence."""
    return {"day": day_of(at.astimezone(), words), "hour": hour_here(at, school)}


def zone_note(now: datetime, words: Catalogue, school: ZoneInfo) -> list[str]:
    """The line that names the zone of lessons, where this machine's clock shows another hour."""
    return [words("summary.lesson_zone", zone=school.key)] if _differs(now, school) else []


def _differs(at: datetime, school: ZoneInfo | None) -> bool:
    return at.astimezone().utcoffset() != at.astimezone(school or PARIS).utcoffset()


def _offset(at: datetime) -> str:
    """` UTC`, ` UTC+1` or ` UTC-03:30`."""
    hours, minutes = at.astimezone().strftime("%z")[:3], at.astimezone().strftime("%z")[3:5]
    if minutes != "00":
        return f" UTC{hours}:{minutes}"
    return f" UTC{int(hours):+d}" if int(hours) else " UTC"
