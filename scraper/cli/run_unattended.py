"""`aurion export --unattended`, the timer's command: each account is exported in a child process, one by one."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from time import sleep

from scraper.config.accounts import find_school
from scraper.config.configuration import Config
from scraper.config.outputs import outputs_of
from scraper.config.settings.model import Settings
from scraper.errors import MASK, AurionError
from scraper.i18n import Catalogue
from scraper.publishing.ledgers import ledger_of_settings
from scraper.publishing.local_times import local_time_facts
from scraper.runs.log import open_log
from scraper.runs.notify.digest import DigestPreferences
from scraper.runs.notify.news import NewsPreferences
from scraper.runs.notify.notifier import MultiNotifier
from scraper.runs.unattended import RunContext, ScheduledAccount, TurnResult, exit_code_of, run_unattended
from scraper.runs.worker import PASSWORD, run_worker
from scraper.system.desktop import show_notification

OF_ONE = frozenset({"AURION_PASSWORD", "AURION_OUTPUT"})
"""Variables that apply only to a single account."""
SHOWN = 2
"""The number of letters of a login that the log shows."""


def export_unattended(names: Sequence[str], config: Config, words: Catalogue, *, quiet: bool = False) -> int:
    """Run the turn of each named account ("": export with the general settings); return the combined exit code.

    An account's export reports its invalid settings. Raise DeliveryError if the state folder cannot be written.
    """
    variables, state = config.environment, config.state
    environment = {name: value for name, value in variables.items() if len(names) == 1 or name not in OF_ONE}
    found = {name: _settings(name, config) for name in names}
    logins = [settings.login or "" for settings in found.values() if settings]
    with open_log(state, _now, (*logins, variables.get(PASSWORD, ""))) as log:
        accounts = [_account(name, one, config, log, words, alone=len(names) == 1) for name, one in found.items()]
        arguments = {account.name: [name] if name else [] for name, account in zip(found, accounts, strict=True)}
        turns = run_unattended(
            accounts,
            lambda account, step: run_worker(arguments[account.name], environment, step),
            RunContext(state=state, clock=_now, words=words, log=log, sleep=sleep),
        )
    for turn in turns:
        _report(turn, words, quiet=quiet)
    return exit_code_of(turns)


def _now() -> datetime:
    return datetime.now(UTC)


def _settings(name: str, config: Config) -> Settings | None:
    with suppress(AurionError):
        return config.settings(name or None)
    return None


def _account(
    name: str, settings: Settings | None, config: Config, log: Callable[[str], None], words: Catalogue, *, alone: bool
) -> ScheduledAccount:
    desktop = partial(show_notification, environment=config.environment)
    ledger, digest, login = None, DigestPreferences(), (settings.login if settings else None) or ""
    if settings:
        with suppress(AurionError):
            ledger, school = ledger_of_settings(settings, config.state), find_school(settings)
            kinds = {**words.table("calendar.kinds"), **(school.kinds if school else {})}
            digest = DigestPreferences(hour=settings.digest_hour, rules=outputs_of(settings)[0].rules, kinds=kinds)
    return ScheduledAccount(
        name=name or login,
        label=words("unattended.alone") if alone else _label(name or login, login),
        login=login,
        notifier=MultiNotifier(addresses=settings.notify if settings else (), log=log, desktop=desktop),
        ledger=ledger,
        news=NewsPreferences(days=settings.news_days, exams=settings.news_exams) if settings else NewsPreferences(),
        digest=digest,
    )


def _label(name: str, login: str) -> str:
    """Return an account's name for the log, without the login."""
    return f"{name[:SHOWN]}{MASK}" if login and login in name else name


def _report(turn: TurnResult, words: Catalogue, *, quiet: bool) -> None:
    """Write a line: a failure to standard error, anything else to standard output unless `quiet`."""
    facts: Mapping[str, object] = {"account": turn.account.label if turn.account else "", "code": turn.exit_code}
    if result := turn.result:
        facts = {**facts, "count": result.changes, "message": result.message, "hint": result.hint}
    if turn.until:
        facts = {**facts, **local_time_facts(turn.until, words)}
    line = words(f"unattended.{turn.kind}", **facts)
    if turn.kind == "failed":
        sys.stderr.write(line + "\n")
    elif not quiet:
        sys.stdout.write(line + "\n")
