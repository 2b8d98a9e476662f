"""Exports with nobody there: what a timer starts. Each account in a process of its own, one after the other."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import sleep
from typing import TYPE_CHECKING

from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.publishing.times import local_time_facts

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings
    from scraper.runs.unattended import ScheduledAccount, TurnResult

OF_ONE = frozenset({"AURION_PASSWORD", "AURION_OUTPUT"})
"""Variables that can be meant for one account only."""
SHOWN = 2
"""Letters of a login that the log shows."""


def run_unattended(names: Sequence[str], words: Catalogue, *, quiet: bool = False) -> int:
    """Each account's turn, by its name ("": the export of the general settings); the exit code of all.

    Where an account's settings are wrong its export says so. Raises DeliveryError where the state folder cannot be
    written.
    """
    from scraper.runs import unattended
    from scraper.runs.log import open_log
    from scraper.runs.worker import PASSWORD, exported
    from scraper.system.paths import state_folder

    environment = {name: value for name, value in os.environ.items() if len(names) == 1 or name not in OF_ONE}
    found = {name: _settings(name) for name in names}
    logins = [settings.login or "" for settings in found.values() if settings]
    with open_log(state_folder(), _now, (*logins, os.environ.get(PASSWORD, ""))) as log:
        accounts = [_watched(name, settings, log, words, alone=len(names) == 1) for name, settings in found.items()]
        given = {account.name: [name] if name else [] for name, account in zip(found, accounts, strict=True)}
        standings = unattended.run_unattended(
            accounts,
            lambda account, step: exported(given[account.name], environment, step),
            unattended.RunContext(state=state_folder(), clock=_now, words=words, log=log, sleep=sleep),
        )
    for standing in standings:
        _say(standing, words, quiet=quiet)
    return unattended.exit_code_of(standings)


def _now() -> datetime:
    return datetime.now(UTC)


def _settings(name: str) -> "Settings | None":
    from scraper.config.settings.loading import load_settings

    with suppress(AurionError):
        return load_settings({}, os.environ, name or None)
    return None


def _watched(
    name: str, settings: "Settings | None", log: Callable[[str], None], words: Catalogue, *, alone: bool
) -> "ScheduledAccount":
    from scraper.publishing.ledgers import ledger_of_settings
    from scraper.runs.notify.news import NewsPreferences
    from scraper.runs.notify.notifier import MultiNotifier
    from scraper.runs.unattended import ScheduledAccount

    ledger, login = None, (settings.login if settings else None) or ""
    if settings:
        with suppress(AurionError):
            ledger = ledger_of_settings(settings)
    return ScheduledAccount(
        name=name or login,
        label=words("unattended.alone") if alone else _label(name or login, login),
        login=login,
        notifier=MultiNotifier(addresses=settings.notify if settings else (), log=log),
        ledger=ledger,
        wish=NewsPreferences(days=settings.news_days, exams=settings.news_exams) if settings else NewsPreferences(),
    )


def _label(name: str, login: str) -> str:
    """What an account is called where its login should not stand."""
    return f"{name[:SHOWN]}•••" if login and login in name else name


def _say(standing: "TurnResult", words: Catalogue, *, quiet: bool) -> None:
    """One line: a failure on standard error, the rest, unless `quiet`, on standard output."""
    account = standing.account.label if standing.account else ""
    facts: Mapping[str, object] = {"account": account, "code": standing.exit_code}
    if standing.result:
        facts = {**facts, "count": standing.result.changes, "message": standing.result.message}
        facts = {**facts, "hint": standing.result.hint}
    if standing.until:
        facts = {**facts, **local_time_facts(standing.until, words)}
    told = words(f"unattended.{standing.ended}", **facts)
    if standing.ended == "failed":
        sys.stderr.write(told + "\n")
    elif not quiet:
        sys.stdout.write(told + "\n")
