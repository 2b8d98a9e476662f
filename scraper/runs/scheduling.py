"""The exports that run by themselves: planned, proved by a run, put on and off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from scraper.config.accounts import all_accounts
from scraper.config.outputs import files_of
from scraper.config.settings.loading import account_names, load_settings
from scraper.errors import ScheduleError
from scraper.runs.schedule.backends import timer_of, timer_on, timers
from scraper.runs.schedule.job import ScheduledCommand, job_of
from scraper.runs.schedule.plan import Plan, plan_of
from scraper.runs.schedule.timer import Proof, Run, Timer, install
from scraper.system.files import private_folder
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs, known_accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerPlan:
    """A timer that may be put on: of its kind, when it fires, what it starts."""

    timer: Timer
    plan: Plan
    job: ScheduledCommand

    @property
    def drawn(self) -> Mapping[str, str]:
        """What would be written, by its path."""
        return self.timer.drawn(self.plan, self.job)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveTimer:
    """The timer that is on; its next run and its last one, where they are known."""

    timer: Timer
    next: datetime | None
    last: Run | None


def planned(
    environment: Mapping[str, str], every: str | None, at: str | None, jitter: str | None, kind: str | None
) -> TimerPlan:
    """The timer for all accounts. Raises ScheduleError, SettingsError."""
    state, plan = state_folder(), plan_of(every, at, jitter, seed=token_hex(4))
    job = job_of(environment, state, _folders(environment))
    return TimerPlan(timer=timer_of(kind, state), plan=plan, job=job)


def put_on(wished: TimerPlan, environment: Mapping[str, str]) -> Proof:
    """Proves it by a run of all accounts, then puts it on in place of any other. Raises ScheduleError."""
    state = state_folder()
    for folder in (state, settings_file().parent):
        try:
            private_folder(folder)
        except OSError as error:
            raise ScheduleError("file", path=str(folder), said=error.strerror or "") from error
    for name in account_names() or known_accounts(state):
        Runs(state, name).skip_backoff()
    proof = install(wished.timer, wished.plan, wished.job, aside=_sessions(environment))
    for other in timers(state):
        if other.kind != wished.timer.kind and other.is_on():
            other.off()
    return proof


def put_off() -> None:
    """Takes out every timer of ours; it is no error where there is none. Raises ScheduleError."""
    for timer in timers(state_folder()):
        timer.off()


def ticking(now: datetime) -> ActiveTimer | None:
    """The timer that is on; None where none is. Raises ScheduleError."""
    timer = timer_on(state_folder())
    return ActiveTimer(timer=timer, next=timer.next(now), last=timer.last()) if timer else None


def _folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders that a run writes to, besides the state's: the settings' own and those of the calendars."""
    found = [files_of(load_settings({}, environment, name or None), name) for name in account_names() or ("",)]
    return settings_file().parent, *(Path(path).parent for paths in found for path in paths if path != "-")


def _sessions(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The kept sessions of all accounts: a run without them needs the passwords."""
    return tuple(named.account().session_file.path for named in all_accounts(environment))
