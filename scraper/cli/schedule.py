"""`aurion schedule on`, `off`, `status`: the exports that run by themselves."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scraper.cli.options import Json, can_ask
from scraper.errors import ScheduleError
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.schedule.timer import Proof, Timer


def _option(*names: str, key: str) -> Any:  # noqa: ANN401 - typer's own kind of value
    return typer.Option(*names, help=key, show_default=False)


Every = Annotated[str | None, _option("--every", key="schedule_every")]
At = Annotated[str | None, _option("--at", key="schedule_at")]
Jitter = Annotated[str | None, _option("--jitter", key="schedule_jitter")]
Kind = Annotated[str | None, _option("--kind", key="schedule_kind")]
Show = Annotated[bool, _option("--show", key="schedule_show")]
Yes = Annotated[bool, _option("--yes", "-y", key="schedule_yes")]


def on(
    every: Every = None,
    at: At = None,
    jitter: Jitter = None,
    kind: Kind = None,
    show: Show = False,
    yes: Yes = False,
) -> None:
    """Shows the timer, proves it by a run and puts it on, in place of an earlier one. Raises ScheduleError."""
    from scraper.runs import Runs, known_accounts
    from scraper.schedule.job import job_of
    from scraper.schedule.kinds import timer_of, timers
    from scraper.schedule.plan import plan_of
    from scraper.schedule.timer import switch_on
    from scraper.settings.file import settings_file, state_folder
    from scraper.settings.loading import account_names

    words, state = Words(language_of(os.environ)), state_folder()
    plan = plan_of(every, at, jitter, seed=token_hex(4))
    job = job_of(os.environ, state, _folders())
    timer = timer_of(kind, state)
    _say(_shown(timer.drawn(plan, job), words))
    if show:
        return
    if not timer.is_here():
        raise ScheduleError("not-here", kind=timer.kind)
    if can_ask() and not yes and not typer.confirm(words("schedule.ask"), default=True, err=True):
        raise typer.Abort
    sys.stderr.write(words("schedule.trying") + "\n")
    for folder in (state, settings_file().parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in account_names() or known_accounts(state):
        Runs(state, name).try_now()
    proof = switch_on(timer, plan, job, aside=_sessions())
    for other in timers(state):
        if other.kind != timer.kind and other.is_on():
            other.off()
    _say(words("schedule.is_on", kind=timer.kind, next=_when(timer.next(datetime.now(UTC)), words)))
    _warn(timer, proof, words)


def off() -> None:
    """Takes out every timer of ours; it is no error where there is none. Raises ScheduleError."""
    from scraper.schedule.kinds import timers
    from scraper.settings.file import state_folder

    for timer in timers(state_folder()):
        timer.off()
    _say(Words(language_of(os.environ))("schedule.is_off"))


def status(json_output: Json = False) -> None:
    """Says whether a timer is on, its next run, and what came of the last one."""
    from scraper.schedule.kinds import timer_on
    from scraper.settings.file import state_folder

    words, timer = Words(language_of(os.environ)), timer_on(state_folder())
    at, last = (timer.next(datetime.now(UTC)), timer.last()) if timer else (None, None)
    if json_output:
        told = {
            "on": timer is not None,
            "kind": timer.kind if timer else None,
            "next": at.astimezone().isoformat(timespec="seconds") if at else None,
            "last": {"at": last.at.astimezone().isoformat(timespec="seconds"), "exit_code": last.exit_code}
            if last
            else None,
        }
        _say(json.dumps(told))
        return
    if timer is None:
        _say(words("schedule.is_off"))
        return
    _say(words("schedule.is_on", kind=timer.kind, next=_when(at, words)))
    _say(words("schedule.last", at=_when(last.at, words), code=last.exit_code) if last else words("schedule.no_last"))


def _folders() -> tuple[Path, ...]:
    """The folders that a run writes to, besides the state's: the settings' own and those of the calendars."""
    from scraper.outputs import files_of
    from scraper.settings.file import settings_file
    from scraper.settings.loading import account_names, load_settings

    found = [files_of(load_settings({}, os.environ, name or None), name) for name in account_names() or ("",)]
    return settings_file().parent, *(Path(path).parent for paths in found for path in paths if path != "-")


def _sessions() -> tuple[Path, ...]:
    """The kept sessions of all accounts: a run without them needs the passwords."""
    from scraper.accounts import all_accounts

    return tuple(named.account().session_file.path for named in all_accounts(os.environ))


def _shown(texts: Mapping[str, str], words: Words) -> str:
    return "\n".join(f"{words('schedule.file', path=path)}\n{text}" for path, text in texts.items())


def _when(at: datetime | None, words: Words) -> str:
    from scraper.cli.telling import day_of

    return f"{day_of(at.astimezone(), words)} {at.astimezone():%H:%M}" if at else "?"


def _warn(timer: "Timer", proof: "Proof", words: Words) -> None:
    """What the user should know of the timer that was put on."""
    from scraper.schedule.cron import daemon_runs
    from scraper.schedule.systemd import Systemd

    if proof.exit_code:
        sys.stderr.write(words("schedule.proved_in_part", code=proof.exit_code, said=proof.said) + "\n")
    if isinstance(timer, Systemd):
        if not proof.sandboxed:
            sys.stderr.write(words("schedule.no_sandbox") + "\n")
        sys.stderr.write(words("schedule.lingers" if timer.lingers() else "schedule.lingers_not") + "\n")
    if timer.kind == "cron" and not daemon_runs():
        sys.stderr.write(words("schedule.no_daemon") + "\n")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


COMMANDS: dict[str, Callable[..., None]] = {"on": on, "off": off, "status": status}
