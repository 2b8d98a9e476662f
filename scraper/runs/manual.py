"""Manual actions besides the unattended runs: export now, publish pending changes."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from scraper.config.portal_account import Account
from scraper.domain.progress import Progress
from scraper.errors import AurionError, DeliveryError, LoginRefused
from scraper.i18n import Catalogue
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.pending import pending_changes, publish_pending
from scraper.publishing.publish import ExportResult
from scraper.publishing.target import CalendarTarget
from scraper.runs.notify.sent import SentNotifications
from scraper.runs.worker import WorkerResult, failed_result, run_record
from scraper.system.run_history import Runs, failed_run

Clock = Callable[[], datetime]
"""Returns an aware time."""


def run_manually(
    runs: Runs, export: Callable[[], WorkerResult], clock: Clock, words: Catalogue, *, new_password: bool = False
) -> WorkerResult:
    """Run an export that the user asked for and store it, without back-off and without a notification.

    Raise LoginRefused("blocked") if the portal refused the last login, unless a `new_password` was given; AnotherRun if
    the account is being exported; DeliveryError if the run cannot be stored.
    """
    with runs.lock():
        if runs.is_blocked() and not new_password:
            raise LoginRefused("blocked", name=runs.account)
        started = clock()
        runs.mark_started(started)
        try:
            result = export()
        except AurionError as error:
            result = failed_result(error, words, (clock() - started).total_seconds())
        runs.add(run_record(result, started))
    return result


def publish_manually(
    account: Account,
    targets: Sequence[CalendarTarget],
    progress: Progress,
    now: datetime,
    *,
    before_commit: Callable[[], None] = lambda: None,
) -> ExportResult | None:
    """Publish the account's pending changes; return None if there are none.

    Mark the run that found them as successful and the changes as reported; a blocked account stays blocked. Raise the
    errors of `publish_pending`, and AnotherRun while an export of the account is running.
    """
    with Runs(account.state, account.runs).lock():
        return _publish(account, targets, progress, now, before_commit)


def _publish(
    account: Account,
    targets: Sequence[CalendarTarget],
    progress: Progress,
    now: datetime,
    before_commit: Callable[[], None],
) -> ExportResult | None:
    ledger = ledger_of_account(account)
    try:
        outcome = publish_pending(ledger, account.school, targets, progress, now=now, before_commit=before_commit)
    except DeliveryError as error:
        with suppress(AurionError):
            if pending_changes(ledger, now) is None:  # published, but not delivered to every destination
                Runs(account.state, account.runs).add(failed_run(now, error))
        raise
    if outcome is not None:
        with suppress(AurionError):
            Runs(account.state, account.runs).mark_published()
            SentNotifications(account.state, account.runs).mark_news_sent(now + timedelta(microseconds=1))
    return outcome
