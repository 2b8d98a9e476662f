"""The kinds of timers, in the order in which they are chosen."""

from pathlib import Path

from scraper.errors import ScheduleError
from scraper.runs.schedule.cron import Cron
from scraper.runs.schedule.launchd import Launchd
from scraper.runs.schedule.systemd import Systemd
from scraper.runs.schedule.timer import Timer
from scraper.runs.schedule.windows import Windows


def timers(state: Path) -> tuple[Timer, ...]:
    """One of each kind; `state` is where what is remembered between runs lies."""
    return (Systemd(), Launchd(state), Windows(state), Cron(state))


def timer_of(kind: str | None, state: Path) -> Timer:
    """The timer of that kind, else the first that this machine has. Raises ScheduleError where there is none."""
    known = timers(state)
    if kind is not None:
        found = next((timer for timer in known if timer.kind == kind), None)
        if found is None:
            raise ScheduleError("kind", given=kind, known=tuple(timer.kind for timer in known))
        return found
    here = next((timer for timer in known if timer.is_here()), None)
    if here is None:
        raise ScheduleError("none-here")
    return here


def timer_on(state: Path) -> Timer | None:
    """The timer of ours that is on."""
    return next((timer for timer in timers(state) if timer.is_on()), None)
