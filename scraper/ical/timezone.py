"""Derive a VTIMEZONE's rules from zoneinfo: one offset for the whole year, or two with the day on which each begins.

Outlook misreads lists of dates and requires exactly one STANDARD and one DAYLIGHT, so exceptions of single years are
left out; `is_readable` returns False for instants that the rules get wrong.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_WEEK = 7
LAST = -1
FIRST_YEAR = 1970
# Later than every exception in a zone's table, so that only the permanent rule applies; in 28 years each date falls
# on each weekday.
RULE_YEARS = range(2100, 2128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """The `nth` (-1: last) `weekday` (0: Monday) of `month`, at local time `at` before the change."""

    month: int
    weekday: int
    nth: int
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Observance:
    """A part of the year (§3.6.5): the offset is `after` from the `yearly` day on, `before` until then.

    Without `yearly` it is the whole year.
    """

    name: str
    before: timedelta
    after: timedelta
    yearly: Yearly | None = None

    def onset(self, year: int) -> datetime:
        """Return when it begins in that year, in the offset before the change."""
        clock = timezone(self.before)
        if self.yearly is None:
            return datetime(FIRST_YEAR, 1, 1, tzinfo=clock)
        wanted, month = self.yearly, self.yearly.month
        if wanted.nth == LAST:
            end = monthrange(year, month)[1]
            day = end - (datetime(year, month, end, tzinfo=clock).weekday() - wanted.weekday) % _WEEK
        else:
            begin = datetime(year, month, 1, tzinfo=clock).weekday()
            day = 1 + (wanted.weekday - begin) % _WEEK + _WEEK * (wanted.nth - 1)
        return datetime.combine(datetime(year, month, day, tzinfo=clock), wanted.at, clock)


@cache
def observances(zone: ZoneInfo) -> tuple[Observance, ...]:
    """Return STANDARD, and DAYLIGHT where the zone has one; the smaller offset comes first.

    A zone that does not change on an nth or last weekday of a month (Nuuk, Santiago) gets its standard time only.
    """
    years = [tuple(_changes(zone, year)) for year in RULE_YEARS]
    halves = [_rule(zone, half) for half in zip(*years, strict=True)] if len({*map(len, years)}) == 1 else []
    rules = [rule for rule in halves if rule is not None]
    if len(rules) != len({True, False}) or len(halves) != len(rules):
        return (_standard_time(zone),)
    return tuple(sorted(rules, key=lambda rule: rule.after))


def is_readable(instant: datetime, zone: ZoneInfo, rules: tuple[Observance, ...]) -> bool:
    """Return whether the local time of an instant identifies it: it occurs once, and the rules give the same offset."""
    local = instant.astimezone(UTC).astimezone(zone)
    once = local.replace(fold=1 - local.fold).utcoffset() == local.utcoffset()
    return once and _offset_by_rules(instant, rules) == local.utcoffset()


def _offset_by_rules(instant: datetime, rules: tuple[Observance, ...]) -> timedelta | None:
    year = instant.astimezone(UTC).year
    onsets = [(rule.onset(year), rule.after) for rule in rules]
    past = [onset for onset in onsets if onset[0] <= instant]
    return max(past or onsets)[1] if year > FIRST_YEAR else None


def _changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """Yield each instant of that year (UTC) at which the zone's offset changes."""
    months = [datetime(year, month, 1, tzinfo=UTC) for month in range(1, 13)]
    for before, after in pairwise([*months, datetime(year + 1, 1, 1, tzinfo=UTC)]):
        if _offset(before, zone) != _offset(after, zone):
            yield _change(zone, before, after)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    while after - before > _MINUTE:
        middle = before + (after - before) // (2 * _MINUTE) * _MINUTE
        before, after = (before, middle) if _offset(middle, zone) == _offset(after, zone) else (middle, after)
    return after


def _rule(zone: ZoneInfo, changes: tuple[datetime, ...]) -> Observance | None:
    """Return the rule behind a change in many years; None where it is not on an nth weekday."""
    before, after = _offset(changes[0] - _MINUTE, zone), _offset(changes[0], zone)
    local = [change.astimezone(timezone(before)) for change in changes]
    nths = {(day.day - 1) // _WEEK + 1 for day in local}
    lasts = {day.day + _WEEK > monthrange(day.year, day.month)[1] for day in local}
    same = {(day.month, day.weekday(), day.time()) for day in local}
    if len(same) > 1 or (len(nths) > 1 and lasts != {True}):
        return None
    month, weekday, at = same.pop()
    yearly = Yearly(month=month, weekday=weekday, nth=nths.pop() if len(nths) == 1 else LAST, at=at)
    return Observance(name=_name(changes[0], zone), before=before, after=after, yearly=yearly)


def _standard_time(zone: ZoneInfo) -> Observance:
    seasons = [datetime(RULE_YEARS[0], month, 1, tzinfo=UTC) for month in (1, 7)]
    season = min(seasons, key=lambda instant: _offset(instant, zone))
    offset = _offset(season, zone)
    return Observance(name=_name(season, zone), before=offset, after=offset)


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _name(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).tzname() or zone.key
