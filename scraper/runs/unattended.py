"""Runs with nobody there: one at a time, seldom after failures, never again after a refused login; told once.

Nothing here knows a browser or a clock: what exports, what tells the time and what tells a person are given.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from filelock import Timeout

from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.pending import pending_changes
from scraper.publishing.times import local_time_facts, zone_note
from scraper.runs.backoff import not_before
from scraper.runs.log import Log, masked
from scraper.runs.notify.news import NewsPreferences, lines, news
from scraper.runs.notify.notifier import Notifier
from scraper.runs.notify.sent import Occasion, SentNotifications
from scraper.runs.worker import OnStep, WorkerResult, of_error, run_of
from scraper.system.files import private_folder, private_lock
from scraper.system.os_errors import to_state_error
from scraper.system.run_history import REFUSED, Runs, combined_exit_code

OFFLINE = frozenset({"dns", "offline"})
"""Reasons that say that this computer has no network, as it has none in the first moments after its sleep."""
WAKING = (20.0, 60.0)
"""Seconds after which an export that found no network is tried again."""

LOCK = "unattended.lock"

Ended = Literal["done", "held", "failed", "waiting", "blocked", "another"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAccount:
    """An account to export by itself. `name` is that of its runs; `label` is what people and the log are told."""

    name: str
    label: str
    notifier: Notifier
    login: str = field(default="", repr=False)
    ledger: Ledger | None = None
    wish: NewsPreferences = field(default_factory=NewsPreferences)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """How it stands with an account after a turn of the timer. `until` is how long the portal is left alone."""

    account: ScheduledAccount | None
    ended: Ended
    exit_code: int = 0
    result: WorkerResult | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a run stands on: the state folder, the clock (aware), a person's words, the log, how to wait."""

    state: Path
    clock: Callable[[], datetime]
    words: Catalogue
    log: Log
    sleep: Callable[[float], object]


Export = Callable[[ScheduledAccount, OnStep], WorkerResult]
"""Exports one account; raises AurionError."""


def run_unattended(
    accounts: Sequence[ScheduledAccount], export_one: Export, around: RunContext
) -> tuple[TurnResult, ...]:
    """Each account's turn. Where another run is at work there is nothing to do, and that is said.

    Raises DeliveryError where the state folder cannot be written: then nothing was asked of the portal.
    """
    path = around.state / LOCK
    try:
        private_folder(around.state)
        with private_lock(path, 0):
            return tuple(_turn(account, export_one, around) for account in accounts)
    except Timeout:
        around.log("another run is under way")
        return (TurnResult(account=None, ended="another"),)
    except OSError as error:
        raise to_state_error(error, str(path)) from error


def exit_code_of(standings: Sequence[TurnResult]) -> int:
    """The worst, by the command's contract: also of what stands since an earlier run."""
    return combined_exit_code(standing.exit_code for standing in standings)


def _turn(account: ScheduledAccount, export_one: Export, around: RunContext) -> TurnResult:
    runs, now = Runs(around.state, account.name), around.clock()
    if runs.is_blocked():
        around.log(f"{account.label} blocked: the login was refused")
        return TurnResult(account=account, ended="blocked", exit_code=REFUSED)
    until = None if runs.is_fresh() else not_before(runs.all(), now)
    if until is not None and (last := runs.last()):
        around.log(f"{account.label} waiting until {until.astimezone().isoformat(timespec='seconds')}")
        return TurnResult(account=account, ended="waiting", exit_code=last.exit_code, until=until)
    if runs.is_running():
        around.log(f"{account.label} goes on already: somebody began it")
        return TurnResult(account=account, ended="another")
    try:
        with runs.lock():
            return _run(account, runs, export_one, around)
    except AurionError as error:
        around.log(f"{account.label} not remembered: {type(error).__name__} {error.reason}")
        return TurnResult(
            account=account, ended="failed", exit_code=error.exit_code, result=of_error(error, around.words)
        )


def _run(account: ScheduledAccount, runs: Runs, export_one: Export, around: RunContext) -> TurnResult:
    """A run, noted before it begins: who cannot remember a refused login must not try it."""
    began = around.clock()
    if cut := runs.started_at():
        around.log(f"{account.label} was cut off: the run of {cut.astimezone().isoformat(timespec='seconds')}")
    runs.mark_started(began)
    around.log(f"{account.label} begins")
    result = _patient(account, export_one, around)
    around.log(
        f"{account.label} ended code={result.exit_code} error={result.error or '-'} reason={result.reason or '-'} "
        f"changes={result.changes}{' held' if result.held else ''} seconds={result.seconds:.1f}"
    )
    runs.add(run_of(result, began, unattended=True))
    _tell(account, runs, result, around)
    if result.exit_code == 0:
        _tell_waiting(account, around)
        _tell_news(account, began, around)
    ended: Ended = "failed" if result.exit_code else "held" if result.held else "done"
    return TurnResult(account=account, ended=ended, exit_code=result.exit_code, result=result)


def _patient(account: ScheduledAccount, export_one: Export, around: RunContext) -> WorkerResult:
    """The export; again shortly after where there was no network yet."""
    result = _exported(account, export_one, around)
    for seconds in WAKING:
        if result.reason not in OFFLINE:
            break
        around.log(f"{account.label} no network: again in {seconds:.0f} s")
        around.sleep(seconds)
        result = _exported(account, export_one, around)
    return result


def _exported(account: ScheduledAccount, export_one: Export, around: RunContext) -> WorkerResult:
    def step(name: str, seconds: float | None) -> None:
        if seconds is not None:
            around.log(f"{account.label} step {name} {seconds:.2f} s")

    try:
        return export_one(account, step)
    except AurionError as error:
        return of_error(error, around.words)


def _tell(account: ScheduledAccount, runs: Runs, result: WorkerResult, around: RunContext) -> None:
    words, now = around.words, around.clock()

    def say(occasion: Occasion) -> bool:
        said = [words("notify.mended_text")] if occasion == "mended" else [result.message, result.hint]
        if occasion == "problem":
            said += [words("notify.blocked")] if result.exit_code == REFUSED else []
            said.append(_last_good(runs, words, account.ledger.zone if account.ledger else None))
        return _said(account, words(f"notify.{occasion}"), said, around)

    occasion = SentNotifications(around.state, account.name).tell(runs.all(), now, say)
    if occasion:
        around.log(f"{account.label} told: {occasion} {result.exit_code}")


def _tell_news(account: ScheduledAccount, began: datetime, around: RunContext) -> None:
    """What changed since news were told last, also by runs that could not deliver it."""
    if account.ledger is None or not (account.wish.days or account.wish.exams):
        return
    told = SentNotifications(around.state, account.name)
    try:
        with account.ledger.reading() as books:
            changes = [one.change for one in books.changes(told.news_since(began))]
    except AurionError as error:
        around.log(f"{account.label} no news: {type(error).__name__}")
        return
    found = news(changes, account.wish, around.clock(), account.ledger.zone, around.words)
    if found:
        found += zone_note(around.clock(), around.words, account.ledger.zone)
        around.log(f"{account.label} news: {len(found)} {_said(account, around.words('news.title'), found, around)}")
    told.news_told(around.clock() + timedelta(microseconds=1))


def _tell_waiting(account: ScheduledAccount, around: RunContext) -> None:
    """What was kept back for a person's word, once."""
    if account.ledger is None:
        return
    try:
        held = pending_changes(account.ledger, around.clock())
    except AurionError as error:
        around.log(f"{account.label} not known what waits: {type(error).__name__}")
        return
    what = hashlib.sha256(repr(held.changes).encode()).hexdigest()[:16] if held else ""

    def say() -> bool:
        assert held is not None  # noqa: S101 - only then there is something to say
        told = lines(held.changes, around.clock(), held.zone, around.words)
        told += zone_note(around.clock(), around.words, held.zone)
        return _said(account, around.words("notify.held"), [*told, around.words("notify.held_text")], around)

    if SentNotifications(around.state, account.name).tell_waiting(what, say):
        around.log(f"{account.label} told: waiting")


def _said(account: ScheduledAccount, title: str, lines: Sequence[str], around: RunContext) -> bool:
    """Whether it came to somebody; a login is in none of it."""
    if account.label != around.words("unattended.alone"):
        title = around.words("notify.account", title=title, account=account.label)
    return account.notifier.tell(title, masked("\n".join(filter(None, lines)), (account.login,)))


def _last_good(runs: Runs, words: Catalogue, zone: ZoneInfo | None) -> str:
    good = runs.last_good()
    if good is None:
        return words("notify.never")
    return words("notify.last_good", **local_time_facts(good.at, words, zone))
