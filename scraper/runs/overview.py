"""The state of all accounts and of the timer on one screen, with the next steps for problems."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from scraper.config.configuration import Config
from scraper.config.outputs import destinations_of
from scraper.config.settings.model import Settings
from scraper.errors import AurionError, LoginRefused, ScheduleError
from scraper.i18n import Catalogue
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledgers import ledger_of_settings
from scraper.publishing.pending import PendingChanges, pending_changes
from scraper.runs.account_status import NEVER, AccountStatus, status_of
from scraper.runs.log import log_file
from scraper.runs.schedule.backends import installed_timer
from scraper.sinks.push_state import load_state
from scraper.system.failed_run import failure_of
from scraper.system.run_history import Runs, combined_exit_code, known_accounts

_DAYS = 2
"""Age in days from which the messages call a calendar old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastPush:
    """The last complete push to a calendar at a service."""

    address: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of all accounts. `has_accounts` is true if they come from the settings.

    `next_run` is the timer's next run. `held` are the pending changes, `zones` the schools' zones and `pushes` the last
    pushes to services, by the account's name.
    """

    accounts: tuple[AccountStatus, ...]
    held: Mapping[str, PendingChanges]
    zones: Mapping[str, ZoneInfo]
    pushes: Mapping[str, tuple[LastPush, ...]]
    has_accounts: bool
    has_timer: bool
    next_run: datetime | None
    log: Path | None
    exit_code: int


def overview(config: Config, now: datetime) -> Overview:
    """Return the overview of the accounts in the settings, or of those with runs in the state folder.

    Raise SettingsError.
    """
    state, configured = config.state, config.account_names
    has_timer, next_run = _timer(state, now)
    has_accounts = bool(configured)
    names = configured or known_accounts(state)
    found = [status_of(Runs(state, name), now, has_timer=has_timer) for name in names]
    settings = {name: one for name in names if (one := _settings(name, config, has_accounts=has_accounts))}
    ledgers = {name: ledger for name, one in settings.items() if (ledger := _ledger(one, state))}
    log = log_file(state)
    return Overview(
        accounts=tuple(found),
        held={name: held for name, ledger in ledgers.items() if (held := _read_pending(ledger, now))},
        zones={name: ledger.zone for name, ledger in ledgers.items()},
        pushes={name: _last_pushes(one, state) for name, one in settings.items()},
        has_accounts=has_accounts,
        has_timer=has_timer,
        next_run=next_run,
        log=log if log.exists() else None,
        exit_code=combined_exit_code(one.exit_code for one in found) if found else NEVER,
    )


def describe_problem(one: AccountStatus, words: Catalogue, *, has_accounts: bool, has_pending: bool) -> tuple[str, str]:
    """Return message and hint for the account's problem, both empty if there is none.

    Without accounts in the settings (`has_accounts`), commands take no name. `has_pending` is true if there are pending
    changes.
    """
    account = one.account if has_accounts else ""
    if not one.problem:
        return "", ""
    if one.failed is None and one.problem != "blocked":
        facts = {"account": account, "days": _DAYS}
        message, hint = (words(f"status.problems.{one.problem}.{part}", **facts) for part in ("message", "hint"))
        return message, hint.rstrip()
    # `aurion login` blocks an account without a run
    failure = failure_of(one.failed, account, has_pending=has_pending) if one.failed else LoginRefused(account=account)
    message, hint = words.error(failure)
    if one.problem == "blocked":
        return f"{message} {words('status.blocked')}", hint
    if one.changed:
        return f"{message} {words('status.changed')}", words("status.changed_hint", account=account).rstrip()
    return message, hint


def _settings(name: str, config: Config, *, has_accounts: bool) -> Settings | None:
    """Return the account's settings; None if they are not valid."""
    with suppress(AurionError):
        return config.settings(name) if has_accounts else config.with_options({"login": name}).settings()
    return None


def _ledger(settings: Settings, state: Path) -> Ledger | None:
    """Return the account's ledger; None if its school is not known."""
    with suppress(AurionError):
        return ledger_of_settings(settings, state)
    return None


def _last_pushes(settings: Settings, state: Path) -> tuple[LastPush, ...]:
    """Return the last push to each of the account's calendars at services; none if it is not known."""
    with suppress(AurionError, ValueError):
        times = {one.address: load_state(one.state_file(state)).pushed for one in destinations_of(settings)}
        return tuple(LastPush(address=name, at=datetime.fromisoformat(at)) for name, at in times.items() if at)
    return ()


def _read_pending(ledger: Ledger, now: datetime) -> PendingChanges | None:
    """Return the pending changes; a ledger that cannot be read is reported by the next run."""
    with suppress(AurionError):
        return pending_changes(ledger, now)
    return None


def _timer(state: Path, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether a timer is installed, and its next run if known."""
    try:
        timer = installed_timer(state)
        return timer is not None, timer.next(now) if timer else None
    except ScheduleError:
        return False, None
