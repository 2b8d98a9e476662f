"""`aurion status`: one screen: how old each calendar is, the next run, what is wrong and what to do."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import typer

from scraper.cli import options
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.unattended.status import Status

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def status(*, json_output: options.Json = False) -> None:
    """Says it; the exit code is that of the worst problem, 0 where all is well. Raises SettingsError."""
    from scraper.runs import Runs, known_accounts, worst
    from scraper.settings.file import state_folder
    from scraper.settings.loading import account_names
    from scraper.unattended.log import log_file
    from scraper.unattended.status import NEVER, status_of

    words, state, now = Words(language_of(os.environ)), state_folder(), datetime.now(UTC)
    named, (timed, coming) = account_names(), _timer(now)
    accounts = named or known_accounts(state)
    found = [status_of(Runs(state, name), now, timed=timed) for name in accounts]
    code = worst(one.exit_code for one in found) if found else NEVER
    log = log_file(state)
    if json_output:
        told = {
            "well": code == 0,
            "exit_code": code,
            "next": _plain(coming),
            "log": str(log) if log.exists() else None,
            "accounts": [_data(one, words, now, named=bool(named)) for one in found],
        }
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        raise typer.Exit(code)
    lines = [line for one in found for line in _lines(one, words, now, named=bool(named))]
    lines += [words("status.none")] if not found else [words("status.well")] if code == 0 else []
    lines += [words("status.next", **_when(coming, words))] if coming else []
    lines += [] if timed else [words("status.no_timer")]
    lines += [words("status.log", path=log)] if log.exists() else []
    sys.stdout.write("\n".join(lines) + "\n")
    raise typer.Exit(code)


def _lines(one: "Status", words: Words, now: datetime, *, named: bool) -> Iterator[str]:
    """The account's calendar, and what is wrong with it."""
    told = [words("status.never")]
    if one.good is not None:
        told = [words("status.good", **_when(one.good.at, words), age=_age(one.age(now), words))]
    if one.begun is not None:
        told.append(words("status.running", hour=_when(one.begun, words)["hour"]))
    yield words("status.account", account=one.account or words("unattended.alone"), told=", ".join(told))
    if one.problem:
        for part, said in zip(("problem", "hint"), _said(one, words, named=named), strict=True):
            yield words(f"status.{part}", said=said)
    if one.until is not None:
        yield words("status.try", **_when(one.until, words))


def _said(one: "Status", words: Words, *, named: bool) -> tuple[str, str]:
    """What is wrong and what to do; without accounts no name is given to the commands."""
    from scraper.settings.file import state_folder

    facts = {"account": one.account if named else "", "state": state_folder(), "days": 2}
    reason = one.last.reason if one.last else ""
    known = f"status.reasons.{reason}"
    facts |= {"error": one.last.error if one.last else "", "reason": words(known) if words.has(known) else reason}
    problem = "blocked-alone" if one.problem == "blocked" and not named else one.problem
    message, hint = (words(f"status.problems.{problem}.{part}", **facts) for part in ("message", "hint"))
    return message.replace(" )", ")").replace(" ()", ""), hint.rstrip()


def _data(one: "Status", words: Words, now: datetime, *, named: bool) -> dict[str, object]:
    age, last = one.age(now), one.last
    message, hint = _said(one, words, named=named) if one.problem else ("", "")
    return {
        "name": one.account,
        "last_good": _plain(one.good.at if one.good else None),
        "age_seconds": None if age is None else round(age.total_seconds()),
        "last_run": None
        if last is None
        else {"at": _plain(last.at), "exit_code": last.exit_code, "error": last.error, "reason": last.reason},
        "running_since": _plain(one.begun),
        "not_before": _plain(one.until),
        "exit_code": one.exit_code,
        "problem": {"kind": one.problem, "message": message, "hint": hint} if one.problem else None,
    }


def _timer(now: datetime) -> tuple[bool, datetime | None]:
    """Whether runs by themselves are planned, and the next one where it is known."""
    from scraper.errors import ScheduleError
    from scraper.schedule.kinds import timer_on
    from scraper.settings.file import state_folder

    try:
        timer = timer_on(state_folder())
        return timer is not None, timer.next(now) if timer else None
    except ScheduleError:
        return False, None


def _plain(at: datetime | None) -> str | None:
    return at.astimezone().isoformat(timespec="seconds") if at else None


def _when(at: datetime, words: Words) -> dict[str, str]:
    from scraper.cli.telling import day_of

    here = at.astimezone()
    return {"day": day_of(here, words), "hour": f"{here:%H:%M}"}


def _age(age: timedelta | None, words: Words) -> str:
    """In the unit that people would say it in."""
    if age is None:
        return ""
    unit, name = next(
        ((unit, name) for unit, name in ((DAY, "days"), (HOUR, "hours")) if age >= 2 * unit), (MINUTE, "minutes")
    )
    return words(f"status.ages.{name}", count=age // unit)
