"""Unattended runs: serialised, with back-off, stopped after a refused login, one notification per problem.

The exporter, the clock and the notifiers are arguments.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from filelock import Timeout

from scraper.errors import AurionError, ExitCode
from scraper.i18n import Catalogue
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.pending import pending_changes
from scraper.publishing.times import local_time_facts, zone_note
from scraper.runs.backoff import not_before
from scraper.runs.log import Log, mask_secrets
from scraper.runs.notify.news import NewsPreferences, change_lines, news
from scraper.runs.notify.notifier import Notifier
from scraper.runs.notify.sent import Occasion, SentNotifications
from scraper.runs.worker import OnStep, WorkerResult, failed_result, run_record
from scraper.system.files import private_folder
from scraper.system.locks import private_lock
from scraper.system.os_errors import to_state_error
from scraper.system.run_history import Runs, combined_exit_code

OFFLINE = frozenset({"dns", "offline"})
"""Reasons of failures without a network connection, as right after the computer wakes up."""
RETRY_DELAYS = (20.0, 60.0)
"""Seconds to wait before each retry of an export without network."""

LOCK = "unattended.lock"

Ended = Literal["done", "held", "failed", "waiting", "blocked", "another"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAccount:
    """An account of an unattended run. `name` identifies its stored runs; `label` is shown in messages and the log."""

    name: str
    label: str
    notifier: Notifier
    login: str = field(default="", repr=False)
    ledger: Ledger | None = None
    news: NewsPreferences = field(default_factory=NewsPreferences)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """The result of an account's turn. The portal is not asked before `until`."""

    account: ScheduledAccount | None
    ended: Ended
    exit_code: int = 0
    result: WorkerResult | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """The environment of a run: state folder, clock (aware), language, log, and a function that waits for seconds."""

    state: Path
    clock: Callable[[], datetime]
    words: Catalogue
    log: Log
    sleep: Callable[[float], object]


Export = Callable[[ScheduledAccount, OnStep], WorkerResult]
"""Export one account; raise AurionError."""


def run_unattended(
    accounts: Sequence[ScheduledAccount], export_one: Export, context: RunContext
) -> tuple[TurnResult, ...]:
    """Run each account's turn; return a single result "another" if an unattended run is already in progress.

    Raise DeliveryError, before the portal is asked, if the state folder cannot be written.
    """
    path = context.state / LOCK
    try:
        private_folder(context.state)
        with private_lock(path, 0):
            return tuple(_turn(account, export_one, context) for account in accounts)
    except Timeout:
        context.log("another run is in progress")
        return (TurnResult(account=None, ended="another"),)
    except OSError as error:
        raise to_state_error(error, str(path)) from error


def exit_code_of(turns: Sequence[TurnResult]) -> int:
    """Return the worst exit code; a waiting account counts with the exit code of its last run."""
    return combined_exit_code(turn.exit_code for turn in turns)


def _turn(account: ScheduledAccount, export_one: Export, context: RunContext) -> TurnResult:
    runs, now = Runs(context.state, account.name), context.clock()
    if runs.is_blocked():
        context.log(f"{account.label} blocked: the login was refused")
        return TurnResult(account=account, ended="blocked", exit_code=ExitCode.LOGIN_REFUSED)
    until = None if runs.is_fresh() else not_before(runs.all(), now)
    if until is not None and (last := runs.last()):
        context.log(f"{account.label} waiting until {until.astimezone().isoformat(timespec='seconds')}")
        return TurnResult(account=account, ended="waiting", exit_code=last.exit_code, until=until)
    if runs.is_running():
        context.log(f"{account.label} is already being exported")
        return TurnResult(account=account, ended="another")
    try:
        with runs.lock():
            return _run(account, runs, export_one, context)
    except AurionError as error:
        context.log(f"{account.label} not stored: {type(error).__name__} {error.reason}")
        result = failed_result(error, context.words)
        return TurnResult(account=account, ended="failed", exit_code=error.exit_code, result=result)


def _run(account: ScheduledAccount, runs: Runs, export_one: Export, context: RunContext) -> TurnResult:
    """Run an export. Its start is stored first: if a refused login could not be stored, no login may be tried."""
    started = context.clock()
    if cut := runs.started_at():
        context.log(f"{account.label} was cut off: the run of {cut.astimezone().isoformat(timespec='seconds')}")
    runs.mark_started(started)
    context.log(f"{account.label} begins")
    result = _export_with_retries(account, export_one, context)
    context.log(
        f"{account.label} ended code={result.exit_code} error={result.error or '-'} reason={result.reason or '-'} "
        f"changes={result.changes}{' held' if result.held else ''} seconds={result.seconds:.1f}"
    )
    runs.add(run_record(result, started, unattended=True))
    _notify_problem(account, runs, result, context)
    if result.exit_code == ExitCode.OK:
        _notify_pending(account, context)
        _notify_news(account, started, context)
    ended: Ended = "failed" if result.exit_code else "held" if result.held else "done"
    return TurnResult(account=account, ended=ended, exit_code=result.exit_code, result=result)


def _export_with_retries(account: ScheduledAccount, export_one: Export, context: RunContext) -> WorkerResult:
    """Export, and retry shortly after if there was no network yet."""
    result = _export(account, export_one, context)
    for seconds in RETRY_DELAYS:
        if result.reason not in OFFLINE:
            break
        context.log(f"{account.label} no network: again in {seconds:.0f} s")
        context.sleep(seconds)
        result = _export(account, export_one, context)
    return result


def _export(account: ScheduledAccount, export_one: Export, context: RunContext) -> WorkerResult:
    def step(name: str, seconds: float | None) -> None:
        if seconds is not None:
            context.log(f"{account.label} step {name} {seconds:.2f} s")

    try:
        return export_one(account, step)
    except AurionError as error:
        return failed_result(error, context.words)


def _notify_problem(account: ScheduledAccount, runs: Runs, result: WorkerResult, context: RunContext) -> None:
    """Notify of a new problem, or of one that is resolved."""
    words, now = context.words, context.clock()

    def send(occasion: Occasion) -> bool:
        lines = [words("notify.mended_text")] if occasion == "mended" else [result.message, result.hint]
        if occasion == "problem":
            lines += [words("notify.blocked")] if result.exit_code == ExitCode.LOGIN_REFUSED else []
            lines.append(_last_good(runs, words, account.ledger.zone if account.ledger else None))
        return _send(account, words(f"notify.{occasion}"), lines, context)

    occasion = SentNotifications(context.state, account.name).notify(runs.all(), now, send)
    if occasion:
        context.log(f"{account.label} notified: {occasion} {result.exit_code}")


def _notify_news(account: ScheduledAccount, started: datetime, context: RunContext) -> None:
    """Notify of the changes since the last such notification, including those of runs that could not deliver them."""
    if account.ledger is None or not (account.news.days or account.news.exams):
        return
    sent = SentNotifications(context.state, account.name)
    try:
        with account.ledger.reading() as books:
            changes = [one.change for one in books.changes(sent.news_since(started))]
    except AurionError as error:
        context.log(f"{account.label} no news: {type(error).__name__}")
        return
    lines = news(changes, account.news, context.clock(), account.ledger.zone, context.words)
    if lines:
        lines += zone_note(context.clock(), context.words, account.ledger.zone)
        context.log(f"{account.label} news: {len(lines)} {_send(account, context.words('news.title'), lines, context)}")
    sent.mark_news_sent(context.clock() + timedelta(microseconds=1))


def _notify_pending(account: ScheduledAccount, context: RunContext) -> None:
    """Notify once of changes that wait for the user's approval."""
    if account.ledger is None:
        return
    try:
        held = pending_changes(account.ledger, context.clock())
    except AurionError as error:
        context.log(f"{account.label} pending changes unknown: {type(error).__name__}")
        return
    digest = hashlib.sha256(repr(held.changes).encode()).hexdigest()[:16] if held else ""

    def send() -> bool:
        assert held is not None  # noqa: S101 - called only with a digest
        lines = change_lines(held.changes, context.clock(), held.zone, context.words)
        lines += zone_note(context.clock(), context.words, held.zone)
        return _send(account, context.words("notify.held"), [*lines, context.words("notify.held_text")], context)

    if SentNotifications(context.state, account.name).notify_pending(digest, send):
        context.log(f"{account.label} notified: pending changes")


def _send(account: ScheduledAccount, title: str, lines: Sequence[str], context: RunContext) -> bool:
    """Send a notification without the login; return whether it reached a destination."""
    if account.label != context.words("unattended.alone"):
        title = context.words("notify.account", title=title, account=account.label)
    return account.notifier.send(title, mask_secrets("\n".join(filter(None, lines)), (account.login,)))


def _last_good(runs: Runs, words: Catalogue, zone: ZoneInfo | None) -> str:
    good = runs.last_good()
    if good is None:
        return words("notify.never")
    return words("notify.last_good", **local_time_facts(good.at, words, zone))
