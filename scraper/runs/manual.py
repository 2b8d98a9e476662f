"""What a person does beside the runs by themselves: has an export run now, publishes what was kept back."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from scraper.config.account import Account
from scraper.domain.progress import Progress
from scraper.errors import AurionError, DeliveryError, LoginRefused
from scraper.i18n import Catalogue
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.pending import pending_changes, publish_pending
from scraper.publishing.publish import ExportResult
from scraper.publishing.target import CalendarTarget
from scraper.runs.notify.sent import SentNotifications
from scraper.runs.worker import WorkerResult, of_error, run_of
from scraper.system.run_history import Runs, failed_run

Clock = Callable[[], datetime]
"""Aware."""


def run_manually(
    runs: Runs, export: Callable[[], WorkerResult], clock: Clock, words: Catalogue, *, anew: bool = False
) -> WorkerResult:
    """An export that a person asked for, remembered as any: it waits for nothing, and its end is told by nobody else.

    A login that was refused is tried only with a password that is given `anew`: else it raises LoginRefused("blocked").
    Raises AnotherRun where one of this account goes on, DeliveryError where it could not be remembered.
    """
    with runs.lock():
        if runs.is_blocked() and not anew:
            raise LoginRefused("blocked", name=runs.account)
        began = clock()
        runs.mark_started(began)
        try:
            result = export()
        except AurionError as error:
            result = of_error(error, words, (clock() - began).total_seconds())
        runs.add(run_of(result, began))
    return result


def publish_manually(
    account: Account,
    targets: Sequence[CalendarTarget],
    progress: Progress,
    now: datetime,
    *,
    before_commit: Callable[[], None] = lambda: None,
) -> ExportResult | None:
    """Publishes what waits of that account; None where nothing does.

    Mark the run that read it as successful and its changes as reported; a login that was refused since stays
    refused. Raises what `publish_pending` raises, AnotherRun while a run of the account goes on.
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
            if pending_changes(ledger, now) is None:  # it is published for good, but not everywhere delivered
                Runs(account.state, account.runs).add(failed_run(now, error))
        raise
    if outcome is not None:
        with suppress(AurionError):
            Runs(account.state, account.runs).mark_published()
            SentNotifications(account.state, account.runs).news_told(now + timedelta(microseconds=1))
    return outcome
