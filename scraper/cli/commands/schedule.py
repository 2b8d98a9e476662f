"""`aurion schedule on`, `off`, `status`: the exports that run by themselves."""

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
    from scraper.runs.schedule.timer import Proof, Timer


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
    """Shows the timer, proves it by a run and puts it on, in place of an earlier one. Raises ScheduleError."""
    from scraper.runs.scheduling import planned, put_on

    words = Catalogue(language_of(os.environ))
    wished = planned(os.environ, every, at, jitter, kind)
    timer = wished.timer
    _say(_shown(wished.drawn, words))
    if show:
        return
    if not timer.is_here():
        raise ScheduleError("not-here", kind=timer.kind)
    if can_ask() and not yes and not typer.confirm(words("schedule.ask"), default=True, err=True):
        raise typer.Abort
    sys.stderr.write(words("schedule.trying") + "\n")
    proof = put_on(wished, os.environ)
    _say(words("schedule.is_on", kind=timer.kind, next=_when(timer.next(datetime.now(UTC)), words)))
    _warn(timer, proof, words)


def off() -> None:
    """Takes out every timer of ours; it is no error where there is none. Raises ScheduleError."""
    from scraper.runs.scheduling import put_off

    put_off()
    _say(Catalogue(language_of(os.environ))("schedule.is_off"))


def status(json_output: Json = False) -> None:
    """Says whether a timer is on, its next run, and what came of the last one."""
    from scraper.runs.scheduling import ticking

    words, found = Catalogue(language_of(os.environ)), ticking(datetime.now(UTC))
    last = found.last if found else None
    if json_output:
        told = {
            "on": found is not None,
            "kind": found.timer.kind if found else None,
            "next": found.next.astimezone().isoformat(timespec="seconds") if found and found.next else None,
            "last": {"at": last.at.astimezone().isoformat(timespec="seconds"), "exit_code": last.exit_code}
            if last
            else None,
        }
        _say(json.dumps(told))
        return
    if found is None:
        _say(words("schedule.is_off"))
        return
    _say(words("schedule.is_on", kind=found.timer.kind, next=_when(found.next, words)))
    _say(words("schedule.last", at=_when(last.at, words), code=last.exit_code) if last else words("schedule.no_last"))


def _shown(texts: Mapping[str, str], words: Catalogue) -> str:
    return "\n".join(f"{words('schedule.file', path=path)}\n{text}" for path, text in texts.items())


def _when(at: datetime | None, words: Catalogue) -> str:
    from scraper.publishing.times import format_local_time

    return format_local_time(at, words) if at else ""


def _warn(timer: "Timer", proof: "Proof", words: Catalogue) -> None:
    """What the user should know of the timer that was put on."""
    from scraper.runs.schedule.cron import daemon_runs
    from scraper.runs.schedule.systemd import Systemd

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
