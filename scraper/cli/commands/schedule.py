"""`aurion schedule on`, `off`, `status`: manage the timer for unattended exports."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scraper.cli.options import Json, can_ask, option
from scraper.errors import ScheduleError
from scraper.i18n import Catalogue, language_of

if TYPE_CHECKING:
    from scraper.runs.schedule.timer import Timer, TrialRun


Every = Annotated[str | None, option("--every", key="schedule_every", value="interval")]
At = Annotated[str | None, option("--at", key="schedule_at", value="times")]
Jitter = Annotated[str | None, option("--jitter", key="schedule_jitter", value="duration")]
Kind = Annotated[str | None, option("--kind", key="schedule_kind", value="systemd|cron|launchd|windows")]
Show = Annotated[bool, option("--show", key="schedule_show")]
Yes = Annotated[bool, option("--yes", "-y", key="schedule_yes")]


def on(
    every: Every = None,
    at: At = None,
    jitter: Jitter = None,
    kind: Kind = None,
    show: Show = False,
    yes: Yes = False,
) -> None:
    """Show the timer, test it with a run and start it; replace an earlier one. Raise ScheduleError."""
    from scraper.runs.scheduling import install_timer, plan_timer

    words = Catalogue(language_of(os.environ))
    plan = plan_timer(os.environ, every, at, jitter, kind)
    timer = plan.timer
    _print(_format_files(plan.preview, words))
    if show:
        return
    if not timer.is_available():
        raise ScheduleError("not-here", kind=timer.kind)
    if can_ask() and not yes and not typer.confirm(words("schedule.ask"), default=True, err=True):
        raise typer.Abort
    sys.stderr.write(words("schedule.trying") + "\n")
    trial = install_timer(plan, os.environ)
    _print(words("schedule.is_on", kind=timer.kind, next=_format_time(timer.next(datetime.now(UTC)), words)))
    _warn(timer, trial, words)


def off() -> None:
    """Remove all timers of this program; do nothing if there are none. Raise ScheduleError."""
    from scraper.runs.scheduling import remove_timers

    remove_timers()
    _print(Catalogue(language_of(os.environ))("schedule.is_off"))


def show_timer(json_output: Json = False) -> None:
    """Print whether a timer is on, its next run, and the result of the last one."""
    from scraper.runs.scheduling import active_timer

    words, found = Catalogue(language_of(os.environ)), active_timer(datetime.now(UTC))
    last = found.last if found else None
    if json_output:
        data = {
            "on": found is not None,
            "kind": found.timer.kind if found else None,
            "next": found.next.astimezone().isoformat(timespec="seconds") if found and found.next else None,
            "last": {"at": last.at.astimezone().isoformat(timespec="seconds"), "exit_code": last.exit_code}
            if last
            else None,
        }
        _print(json.dumps(data))
        return
    if found is None:
        _print(words("schedule.is_off"))
        return
    _print(words("schedule.is_on", kind=found.timer.kind, next=_format_time(found.next, words)))
    _print(
        words("schedule.last", at=_format_time(last.at, words), code=last.exit_code)
        if last
        else words("schedule.no_last")
    )


def _format_files(texts: Mapping[str, str], words: Catalogue) -> str:
    return "\n".join(f"{words('schedule.file', path=path)}\n{text}" for path, text in texts.items())


def _format_time(at: datetime | None, words: Catalogue) -> str:
    from scraper.publishing.times import format_local_time

    return format_local_time(at, words) if at else ""


def _warn(timer: "Timer", trial: "TrialRun", words: Catalogue) -> None:
    """Write warnings about the installed timer to standard error."""
    from scraper.runs.schedule.cron import daemon_runs
    from scraper.runs.schedule.systemd import Systemd

    if trial.exit_code:
        sys.stderr.write(words("schedule.proved_in_part", code=trial.exit_code, said=trial.output) + "\n")
    if isinstance(timer, Systemd):
        if not trial.sandboxed:
            sys.stderr.write(words("schedule.no_sandbox") + "\n")
        sys.stderr.write(words("schedule.lingers" if timer.lingers() else "schedule.lingers_not") + "\n")
    if timer.kind == "cron" and not daemon_runs():
        sys.stderr.write(words("schedule.no_daemon") + "\n")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


COMMANDS: dict[str, Callable[..., None]] = {"on": on, "off": off, "status": show_timer}
