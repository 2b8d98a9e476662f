"""The kinds of timers, in order of preference."""

from pathlib import Path

from scraper.errors import ScheduleError
from scraper.runs.schedule.cron import Cron
from scraper.runs.schedule.launchd import Launchd
from scraper.runs.schedule.systemd import Systemd
from scraper.runs.schedule.timer import Timer
from scraper.runs.schedule.windows import Windows


def all_timers(state: Path) -> tuple[Timer, ...]:
    """Return a timer of each kind; `state` is the state folder."""
    return (Systemd(), Launchd(state), Windows(state), Cron(state))


def choose_timer(kind: str | None, state: Path) -> Timer:
    """Return the timer of a kind, or the first available one. Raise ScheduleError if there is none."""
    known = all_timers(state)
    for timer in known:
        if timer.kind == kind or (kind is None and timer.is_available()):
            return timer
    if kind is None:
        raise ScheduleError("none-here")
    raise ScheduleError("kind", given=kind, known=tuple(timer.kind for timer in known))


def installed_timer(state: Path) -> Timer | None:
    """Return the active timer of this program, None if there is none."""
    return next((timer for timer in all_timers(state) if timer.is_on()), None)
