"""The plan of the timer: times of day, each with its own delay. Pure: the clock is an argument."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import sha256

from scraper.domain.durations import parse_duration
from scraper.domain.planning import DAY
from scraper.errors import ScheduleError

EVERY, JITTER = "6h", timedelta(minutes=20)
SHORTEST = timedelta(hours=1)
"""The shortest interval between two runs, out of consideration for the portal."""
MOST_TIMES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Times of day in the machine's zone; each run is delayed by up to `jitter`.

    `seed` makes the delays differ between machines and stay the same on this one. A run is due at once if none started
    `since` the plan was made.
    """

    times: tuple[time, ...]
    jitter: timedelta = timedelta()
    seed: str = ""
    since: datetime | None = None

    def due(self, last: datetime | None, now: datetime, zone: tzinfo) -> bool:
        """Return whether a run is due at `now` if the last one started at `last`; several missed runs count as one.

        A last run in the future is ignored: it started before the clock was set back.
        """
        planned = [*self._runs_around(now, zone), *([self.since] if self.since else [])]
        return last is None or last > now or last < max(at for at in planned if at <= now)

    def next_run(self, now: datetime, zone: tzinfo) -> datetime:
        """Return the next run after `now`, in `zone`."""
        return min(at for at in self._runs_around(now, zone) if at > now).astimezone(zone)

    def _runs_around(self, now: datetime, zone: tzinfo) -> Iterator[datetime]:
        today = now.astimezone(zone).date()
        for days in (-2, -1, 0, 1, 2):
            for at in self.times:
                yield self._instant(today + days * DAY, at, zone)

    def _instant(self, day: date, at: time, zone: tzinfo) -> datetime:
        number = int.from_bytes(sha256(f"{self.seed} {day} {at}".encode()).digest()[:8], "big")
        delay = timedelta(seconds=number % (int(self.jitter.total_seconds()) + 1))
        return datetime.combine(day, at, zone).astimezone(UTC) + delay


def parse_plan(every: str | None, at: str | None, jitter: str | None, seed: str = "") -> Plan:
    """Return the plan for the command's options, by default every six hours. Raise ScheduleError."""
    if every is not None and at is not None:
        raise ScheduleError("every-and-at")
    times = _parse_at(at) if at is not None else _parse_every(every or EVERY)
    gaps = [(_minutes(b) - _minutes(a)) % 1440 or 1440 for a, b in zip(times, times[1:] + times[:1], strict=True)]
    most = timedelta(minutes=min(gaps)) / 2
    delay = min(JITTER, most) if jitter is None else _span(jitter)
    if delay is None or delay > most:
        raise ScheduleError("jitter", given=jitter, most=f"{int(most.total_seconds()) // 60}m")
    return Plan(times=times, jitter=delay, seed=seed)


def _parse_every(given: str) -> tuple[time, ...]:
    span = _span(given)
    if not span or span < SHORTEST or DAY % span:
        raise ScheduleError("every", given=given)
    starts = (number * int(span.total_seconds()) for number in range(DAY // span))
    return tuple(time(*divmod(start // 60, 60)) for start in starts)


def _parse_at(given: str) -> tuple[time, ...]:
    found = [re.fullmatch(r"([01]?[0-9]|2[0-3])[:hH]([0-5][0-9])?", part.strip()) for part in given.split(",")]
    times = sorted({time(int(one[1]), int(one[2] or 0)) for one in found if one})
    if None in found or len(times) > MOST_TIMES:
        raise ScheduleError("at", given=given)
    return tuple(times)


def _span(given: str) -> timedelta | None:
    """Return a duration such as `20m`, `6h`, `1d` or `0`; None for any other text."""
    if given.strip() == "0":
        return timedelta()
    with suppress(ValueError):
        return parse_duration(given)
    return None


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
