"""Exports with nobody there: what a timer starts. Each account in a process of its own, one after the other."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import sleep
from typing import TYPE_CHECKING

from scraper.errors import AurionError
from scraper.times import parts_here
from scraper.words import Words

if TYPE_CHECKING:
    from scraper.settings.model import Settings
    from scraper.unattended.turns import Standing, Watched

OF_ONE = frozenset({"AURION_PASSWORD", "AURION_OUTPUT"})
"""Variables that can be meant for one account only."""
SHOWN = 2
"""Letters of a login that the log shows."""


def by_themselves(names: Sequence[str], words: Words, *, quiet: bool = False) -> int:
    """Each account's turn, by its name ("": the export of the general settings); the exit code of all.

    Where an account's settings are wrong its export says so. Raises DeliveryError where the state folder cannot be
    written.
    """
    from scraper.settings.file import state_folder
    from scraper.unattended import turns
    from scraper.unattended.child import PASSWORD, exported
    from scraper.unattended.log import open_log

    environment = {name: value for name, value in os.environ.items() if len(names) == 1 or name not in OF_ONE}
    found = {name: _settings(name) for name in names}
    logins = [settings.login or "" for settings in found.values() if settings]
    with open_log(state_folder(), _now, (*logins, os.environ.get(PASSWORD, ""))) as log:
        accounts = [_watched(name, settings, log, words, alone=len(names) == 1) for name, settings in found.items()]
        given = {account.name: [name] if name else [] for name, account in zip(found, accounts, strict=True)}
        standings = turns.run_unattended(
            accounts,
            lambda account, step: exported(given[account.name], environment, step),
            turns.Around(state=state_folder(), clock=_now, words=words, log=log, sleep=sleep),
        )
    for standing in standings:
        _say(standing, words, quiet=quiet)
    return turns.exit_code_of(standings)


def _now() -> datetime:
    return datetime.now(UTC)


def _settings(name: str) -> "Settings | None":
    from scraper.settings.loading import load_settings

    with suppress(AurionError):
        return load_settings({}, os.environ, name or None)
    return None


def _watched(
    name: str, settings: "Settings | None", log: Callable[[str], None], words: Words, *, alone: bool
) -> "Watched":
    from scraper.meant import ledger_of
    from scraper.unattended.news import Wish
    from scraper.unattended.notify import Everywhere
    from scraper.unattended.turns import Watched

    ledger, login = None, (settings.login if settings else None) or ""
    if settings:
        with suppress(AurionError):
            ledger = ledger_of(settings)
    return Watched(
        name=name or login,
        label=words("unattended.alone") if alone else _label(name or login, login),
        login=login,
        notifier=Everywhere(addresses=settings.notify if settings else (), log=log),
        ledger=ledger,
        wish=Wish(days=settings.news_days, exams=settings.news_exams) if settings else Wish(),
    )


def _label(name: str, login: str) -> str:
    """What an account is called where its login should not stand."""
    return f"{name[:SHOWN]}•••" if login and login in name else name


def _say(standing: "Standing", words: Words, *, quiet: bool) -> None:
    """One line: a failure on standard error, the rest, unless `quiet`, on standard output."""
    account = standing.account.label if standing.account else ""
    facts: Mapping[str, object] = {"account": account, "code": standing.exit_code}
    if standing.result:
        facts = {**facts, "count": standing.result.changes, "message": standing.result.message}
        facts = {**facts, "hint": standing.result.hint}
    if standing.until:
        facts = {**facts, **parts_here(standing.until, words)}
    told = words(f"unattended.{standing.ended}", **facts)
    if standing.ended == "failed":
        sys.stderr.write(told + "\n")
    elif not quiet:
        sys.stdout.write(told + "\n")
