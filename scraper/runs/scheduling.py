"""Installation and removal of the timer for unattended exports."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from scraper.config.accounts import all_accounts
from scraper.config.outputs import files_of
from scraper.config.settings.loading import account_names, load_settings
from scraper.errors import ScheduleError
from scraper.runs.schedule.backends import all_timers, choose_timer
from scraper.runs.schedule.plan import Plan, parse_plan
from scraper.runs.schedule.planned import PlannedTimer, plan_file_text
from scraper.runs.schedule.scheduled_command import ScheduledCommand, scheduled_command
from scraper.runs.schedule.timer import Timer, TrialRun, install, write_file
from scraper.system.files import private_folder
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs, known_accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerPlan:
    """A timer to install: its kind, its times and its command."""

    timer: Timer
    plan: Plan
    job: ScheduledCommand

    @property
    def preview(self) -> Mapping[str, str]:
        """The files that would be written: paths and texts."""
        return self.timer.preview(self.plan, self.job)


def plan_timer(
    environment: Mapping[str, str], every: str | None, at: str | None, jitter: str | None, kind: str | None
) -> TimerPlan:
    """Return the timer for all accounts. Raise ScheduleError, SettingsError."""
    state, plan = state_folder(), replace(parse_plan(every, at, jitter, seed=token_hex(4)), since=datetime.now(UTC))
    job = scheduled_command(environment, state, _folders(environment))
    return TimerPlan(timer=choose_timer(kind, state), plan=plan, job=job)


def default_plan_file(environment: Mapping[str, str]) -> Path:
    """Return the plan's file of the installed timer; without one a file with the default plan, written at first use.

    Raise ScheduleError.
    """
    state = state_folder()
    for timer in all_timers(state):
        if isinstance(timer, PlannedTimer) and timer.plan_file.is_file():
            return timer.plan_file
    path = state / "schedule-default.json"
    if not path.is_file():
        job = scheduled_command(environment, state, ())
        write_file(path, plan_file_text(parse_plan(None, None, None, seed=token_hex(4)), job).encode())
    return path


def install_timer(wanted: TimerPlan, environment: Mapping[str, str]) -> TrialRun:
    """Test a timer with a run of all accounts, then start it and remove any other. Raise ScheduleError."""
    state = state_folder()
    for folder in (state, settings_file().parent):
        try:
            private_folder(folder)
        except OSError as error:
            raise ScheduleError("file", path=str(folder), detail=error.strerror or "") from error
    for name in account_names() or known_accounts(state):
        Runs(state, name).skip_backoff()
    sessions = [named.account().session_file.path for named in all_accounts(environment)]
    trial = install(wanted.timer, wanted.plan, wanted.job, aside=sessions)
    for other in all_timers(state):
        if other.kind != wanted.timer.kind and other.is_on():
            other.off()
    return trial


def remove_timers() -> None:
    """Remove all timers of this program; do nothing if there are none. Raise ScheduleError."""
    for timer in all_timers(state_folder()):
        timer.off()


def _folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders that a run writes to besides the state folder: those of the settings and the calendars."""
    found = [files_of(load_settings({}, environment, name or None), name) for name in account_names() or ("",)]
    return settings_file().parent, *(Path(path).parent for paths in found for path in paths if path != "-")
