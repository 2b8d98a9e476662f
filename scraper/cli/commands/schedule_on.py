"""`aurion schedule on` and `off`: install and remove the timer for unattended exports."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from scraper.cli.answers import can_ask
from scraper.cli.commands.schedule import format_timer_time
from scraper.cli.options import option
from scraper.cli.output import user_words, write_line
from scraper.config.configuration import Config
from scraper.errors import ScheduleError
from scraper.i18n import Catalogue
from scraper.runs.schedule.cron import daemon_runs
from scraper.runs.schedule.systemd import Systemd
from scraper.runs.schedule.timer import Timer, TrialRun
from scraper.runs.scheduling import install_timer, plan_timer, remove_timers

_Every = Annotated[str | None, option("--every", key="schedule_every", value="interval")]
At = Annotated[str | None, option("--at", key="schedule_at", value="times")]
Jitter = Annotated[str | None, option("--jitter", key="schedule_jitter", value="duration")]
_Kind = Annotated[str | None, option("--kind", key="schedule_kind", value="systemd|cron|launchd|windows")]
_Show = Annotated[bool, option("--show", key="schedule_show")]
_Yes = Annotated[bool, option("--yes", "-y", key="schedule_yes")]


def on(
    every: _Every = None,
    at: At = None,
    jitter: Jitter = None,
    kind: _Kind = None,
    show: _Show = False,
    yes: _Yes = False,
) -> None:
    """Show the timer, test it with a run and start it; replace an earlier one. Raise ScheduleError."""
    words, config = user_words(), Config.from_environment()
    plan = plan_timer(config, every, at, jitter, kind)
    timer = plan.timer
    for path, text in plan.preview.items():
        write_line(f"{words('schedule.file', path=path)}\n{text}")
    if show:
        return
    if not timer.is_available():
        raise ScheduleError("not-here", kind=timer.kind)
    if can_ask() and not yes and not typer.confirm(words("schedule.ask"), default=True, err=True):
        raise typer.Abort
    sys.stderr.write(words("schedule.trying") + "\n")
    trial = install_timer(plan, config)
    write_line(words("schedule.is_on", kind=timer.kind, next=format_timer_time(timer.next(datetime.now(UTC)), words)))
    _warn(timer, trial, words)


def off() -> None:
    """Remove all timers of this program; do nothing if there are none. Raise ScheduleError."""
    remove_timers(Config().state)
    write_line(user_words()("schedule.is_off"))


def _warn(timer: Timer, trial: TrialRun, words: Catalogue) -> None:
    """Write warnings about the installed timer to standard error."""
    if trial.exit_code:
        sys.stderr.write(words("schedule.proved_in_part", code=trial.exit_code, detail=trial.output) + "\n")
    if isinstance(timer, Systemd):
        if not trial.sandboxed:
            sys.stderr.write(words("schedule.no_sandbox") + "\n")
        sys.stderr.write(words("schedule.lingers" if timer.lingers() else "schedule.lingers_not") + "\n")
    if timer.kind == "cron" and not daemon_runs():
        sys.stderr.write(words("schedule.no_daemon") + "\n")
