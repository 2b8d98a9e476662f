"""Unattended runs: serialised, with back-off, stopped after a refused login, one notification per problem.

The exporter, the clock and the notifiers are arguments.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from filelock import Timeout

from scraper.errors import AnotherRun, AurionError, ExitCode, LoginRefused
from scraper.i18n import Catalogue
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.local_times import local_time_facts, zone_note
from scraper.publishing.pending import pending_changes
from scraper.runs.backoff import next_attempt
from scraper.runs.log import Log, mask_secrets
from scraper.runs.notify.digest import DigestPreferences, digest_lines, due_day
from scraper.runs.notify.news import NewsPreferences, change_lines, news
from scraper.runs.notify.notifier import Notifier
from scraper.runs.notify.sent import Occasion, SentNotifications
from scraper.runs.run import failed_result, record_run
from scraper.runs.worker import OnStep, WorkerResult
from scraper.system.crash_report import save_crash_report
from scraper.system.files import private_folder
from scraper.system.locks import private_lock
from scraper.system.os_errors import to_state_error
from scraper.system.run_history import Runs, combined_exit_code

OFFLINE = frozenset({"dns", "offline"})
"""Reasons of failures without a network connection, as right after the computer wakes up."""
RETRY_DELAYS = (20.0, 60.0)
"""Seconds to wait before each retry of an export without network."""

LOCK = "unattended.lock"

TurnKind = Literal["done", "held", "failed", "waiting", "blocked", "another"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledAccount:
    """An account of an unattended run. `name` identifies its stored runs; `label` is shown in messages and the log."""

    name: str
    label: str
    notifier: Notifier
    login: str = field(default="", repr=False)
    ledger: Ledger | None = None
    news: NewsPreferences = field(default_factory=NewsPreferences)
    digest: DigestPreferences = field(default_factory=DigestPreferences)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """The result of an account's turn. The portal is not asked before `until`."""

    account: ScheduledAccount | None
    kind: TurnKind
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
            return tuple(_Turn(account, export_one, context).take() for account in accounts)
    except Timeout:
        context.log("another run is in progress")
        return (TurnResult(account=None, kind="another"),)
    except OSError as error:
        raise to_state_error(error, str(path)) from error


def exit_code_of(turns: Sequence[TurnResult]) -> int:
    """Return the worst exit code; a waiting account counts with the exit code of its last run."""
    return combined_exit_code(turn.exit_code for turn in turns)


class _Turn:
    """The turn of one account: its run, unless it waits or is blocked, and the notifications that are due."""

    def __init__(self, account: ScheduledAccount, export_one: Export, context: RunContext) -> None:
        self.account, self.export_one, self.context = account, export_one, context
        self.runs, self.sent = Runs(context.state, account.name), SentNotifications(context.state, account.name)

    def take(self) -> TurnResult:
        """Run an export if one may run now, and return the result."""
        until = next_attempt(self.runs, self.context.clock())
        if until is not None and (last := self.runs.last()):
            self._log(f"waiting until {until.astimezone().isoformat(timespec='seconds')}")
            return TurnResult(account=self.account, kind="waiting", exit_code=last.exit_code, until=until)
        try:
            return self._run()
        except LoginRefused:
            self._log("blocked: the login was refused")
            return TurnResult(account=self.account, kind="blocked", exit_code=ExitCode.LOGIN_REFUSED)
        except AnotherRun:
            self._log("is already being exported")
            return TurnResult(account=self.account, kind="another")
        except AurionError as error:
            return self._failed(error)
        except Exception as raised:  # noqa: BLE001 - a bug with one account must not stop the others
            return self._failed(save_crash_report(raised))

    def _failed(self, error: AurionError) -> TurnResult:
        self._log(f"not stored: {type(error).__name__} {error.reason}")
        result = failed_result(error, self.context.words)
        return TurnResult(account=self.account, kind="failed", exit_code=error.exit_code, result=result)

    def _run(self) -> TurnResult:
        """Run an export and send the notifications that are due. Raise LoginRefused if the account is blocked."""
        started = self.context.clock()
        result = record_run(
            self.runs, self._export_with_retries, self.context.clock, unattended=True,
            on_cut_off=lambda at: self._log(
                f"was cut off: the run of {at.astimezone().isoformat(timespec='seconds')}"
            ),
        )  # fmt: skip
        self._notify_problem(result)
        if result.exit_code == ExitCode.OK and (ledger := self.account.ledger):
            self._notify_pending(ledger)
            self._notify_news(ledger, started)
            self._notify_digest(ledger)
        kind: TurnKind = "failed" if result.exit_code else "held" if result.held else "done"
        return TurnResult(account=self.account, kind=kind, exit_code=result.exit_code, result=result)

    def _export_with_retries(self) -> WorkerResult:
        """Export, and retry shortly after if there was no network yet."""
        self._log("begins")
        result = self._export()
        for seconds in RETRY_DELAYS:
            if result.reason not in OFFLINE:
                break
            self._log(f"no network: again in {seconds:.0f} s")
            self.context.sleep(seconds)
            result = self._export()
        self._log(
            f"ended code={result.exit_code} error={result.error or '-'} reason={result.reason or '-'} "
            f"changes={result.changes}{' held' if result.held else ''} seconds={result.seconds:.1f}"
        )
        return result

    def _export(self) -> WorkerResult:
        try:
            return self.export_one(self.account, self._log_step)
        except AurionError as error:
            return failed_result(error, self.context.words)

    def _log_step(self, name: str, seconds: float | None) -> None:
        if seconds is not None:
            self._log(f"step {name} {seconds:.2f} s")

    def _log(self, text: str) -> None:
        self.context.log(f"{self.account.label} {text}")

    def _notify_problem(self, result: WorkerResult) -> None:
        """Notify of a new problem, or of one that is resolved."""
        words = self.context.words

        def send(occasion: Occasion) -> bool:
            lines = [words("notify.resolved_text")]
            if occasion == "problem":
                lines = [result.message, result.hint]
                lines += [words("notify.blocked")] if result.exit_code == ExitCode.LOGIN_REFUSED else []
                lines.append(self._last_good())
            return self._send(f"notify.{occasion}", lines)

        if occasion := self.sent.notify(self.runs.all(), self.context.clock(), send):
            self._log(f"notified: {occasion} {result.exit_code}")

    def _notify_news(self, ledger: Ledger, started: datetime) -> None:
        """Notify of the changes since the last such notification, also those of runs that could not deliver them."""
        preferences, now = self.account.news, self.context.clock()
        if not (preferences.days or preferences.exams):
            return
        try:
            with ledger.reading() as transaction:
                changes = [one.change for one in transaction.changes(self.sent.news_since(started))]
        except AurionError as error:
            self._log(f"no news: {type(error).__name__}")
            return
        if lines := news(changes, preferences, now, ledger.zone, self.context.words):
            lines += zone_note(now, self.context.words, ledger.zone)
            self._log(f"news: {len(lines)} {self._send('news.title', lines)}")
        self.sent.mark_news_sent(now + timedelta(microseconds=1))

    def _notify_digest(self, ledger: Ledger) -> None:
        """Send the evening digest if it is due; one without lessons and changes is not sent, but done."""
        preferences, now, sent = self.account.digest, self.context.clock(), self.sent.last_digest()
        if preferences.hour is None or not (day := due_day(preferences.hour, sent, now, ledger.zone)):
            return
        words, since = self.context.words, sent if sent and sent <= now else now - timedelta(days=1)
        try:
            with ledger.reading() as transaction:
                known, changes = transaction.tracked_events(), [one.change for one in transaction.changes(since)]
        except AurionError as error:
            self._log(f"no digest: {type(error).__name__}")
            return
        if lines := digest_lines(day, known, changes, preferences, now=now, zone=ledger.zone, words=words):
            lines += zone_note(now, words, ledger.zone)
            is_sent = self._send("digest.title", lines)
            self._log(f"digest: {len(lines)} {is_sent}")
            if not is_sent:
                return
        self.sent.mark_digest_sent(now + timedelta(microseconds=1))

    def _notify_pending(self, ledger: Ledger) -> None:
        """Notify once of changes that wait for the user's approval."""
        words, now = self.context.words, self.context.clock()
        try:
            pending = pending_changes(ledger, now)
        except AurionError as error:
            self._log(f"pending changes unknown: {type(error).__name__}")
            return
        changes = pending.changes if pending else ()
        digest = hashlib.sha256(repr(changes).encode()).hexdigest()[:16] if pending else ""

        def send() -> bool:
            lines = [*change_lines(changes, now, ledger.zone, words), *zone_note(now, words, ledger.zone)]
            return self._send("notify.held", [*lines, words("notify.held_text")])

        if self.sent.notify_pending(digest, send):
            self._log("notified: pending changes")

    def _send(self, title_key: str, lines: Sequence[str]) -> bool:
        """Send a notification without the login; return whether it reached a destination."""
        words, label = self.context.words, self.account.label
        title = words(title_key)
        if label != words("unattended.alone"):
            title = words("notify.account", title=title, account=label)
        return self.account.notifier.send(title, mask_secrets("\n".join(filter(None, lines)), (self.account.login,)))

    def _last_good(self) -> str:
        zone = self.account.ledger.zone if self.account.ledger else None
        if (good := self.runs.last_good()) is None:
            return self.context.words("notify.never")
        return self.context.words("notify.last_good", **local_time_facts(good.at, self.context.words, zone))
