"""Installation and removal of the timer for unattended exports."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from scraper.config.accounts import all_accounts
from scraper.config.configuration import Config
from scraper.config.outputs import files_of, load_outputs
from scraper.errors import ScheduleError
from scraper.runs.schedule.backends import all_timers, choose_timer
from scraper.runs.schedule.plan import Plan, parse_plan
from scraper.runs.schedule.planned import PlannedTimer, plan_file_text
from scraper.runs.schedule.scheduled_command import ScheduledCommand, scheduled_command
from scraper.runs.schedule.timer import Timer, TrialRun, install, write_file
from scraper.system.files import private_folder
from scraper.system.paths import settings_file
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


def plan_timer(config: Config, every: str | None, at: str | None, jitter: str | None, kind: str | None) -> TimerPlan:
    """Return the timer for all accounts. Raise ScheduleError, SettingsError."""
    state, plan = config.state, replace(parse_plan(every, at, jitter, seed=token_hex(4)), since=datetime.now(UTC))
    job = scheduled_command(config.environment, state, _folders(config))
    return TimerPlan(timer=choose_timer(kind, state), plan=plan, job=job)


def default_plan_file(config: Config) -> Path:
    """Return the plan's file of the installed timer; without one a file with the default plan, written at first use.

    Raise ScheduleError.
    """
    state = config.state
    for timer in all_timers(state):
        if isinstance(timer, PlannedTimer) and timer.plan_file.is_file():
            return timer.plan_file
    path = state / "schedule-default.json"
    if not path.is_file():
        job = scheduled_command(config.environment, state, ())
        write_file(path, plan_file_text(parse_plan(None, None, None, seed=token_hex(4)), job).encode())
    return path


def install_timer(wanted: TimerPlan, config: Config) -> TrialRun:
    """Test a timer with a run of all accounts, then start it and remove any other. Raise ScheduleError."""
    state = config.state
    for folder in (state, settings_file().parent):
        try:
            private_folder(folder)
        except OSError as error:
            raise ScheduleError("file", path=str(folder), detail=error.strerror or "") from error
    for name in config.account_names or known_accounts(state):
        Runs(state, name).skip_backoff()
    sessions = [named.account().session_file.path for named in all_accounts(config)]
    trial = install(wanted.timer, wanted.plan, wanted.job, aside=sessions)
    for other in all_timers(state):
        if other.kind != wanted.timer.kind and other.is_on():
            other.off()
    return trial


def remove_timers(state: Path) -> None:
    """Remove all timers of this program; do nothing if there are none. Raise ScheduleError."""
    for timer in all_timers(state):
        timer.off()


def _folders(config: Config) -> tuple[Path, ...]:
    """Return the folders that a run writes to besides the state folder: those of the settings and the calendars."""
    found = [files_of(load_outputs(config, name)) for name in config.account_names or ("",)]
    return settings_file().parent, *(Path(path).parent for paths in found for path in paths if path != "-")
