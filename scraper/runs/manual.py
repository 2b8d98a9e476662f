"""Publish pending changes or undo their publication because the user asked for it, and store that in the runs."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from scraper.config.portal_account import Account
from scraper.errors import AurionError, DeliveryError
from scraper.publishing.feed_calendars import stored_targets
from scraper.publishing.job import ExportJob
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.pending import pending_changes
from scraper.publishing.publish import ExportResult, PublishOptions
from scraper.publishing.publish_pending import publish_pending
from scraper.publishing.target import CalendarTarget
from scraper.publishing.undo import undo_changes
from scraper.runs.notify.sent import SentNotifications
from scraper.system.failed_run import failed_run
from scraper.system.run_history import Runs


def publish_manually(
    account: Account, targets: Sequence[CalendarTarget], options: PublishOptions
) -> ExportResult | None:
    """Publish the account's pending changes; return None if there are none.

    Mark the run that found them as successful and the changes as reported; a blocked account stays blocked. Raise the
    errors of `publish_pending`, and AnotherRun while an export of the account is running.
    """
    runs, ledger = Runs(account.state, account.runs), ledger_of_account(account)
    with runs.lock():
        try:
            outcome = publish_pending(ledger, account.school, targets, options)
        except DeliveryError as error:
            with suppress(AurionError):
                if pending_changes(ledger, options.now) is None:  # published, but not delivered to every destination
                    runs.add(failed_run(options.now, error))
            raise
        if outcome is not None:
            with suppress(AurionError):
                runs.mark_published()
                SentNotifications(account.state, account.runs).mark_news_sent(options.now + timedelta(microseconds=1))
        return outcome


def undo_publication(job: ExportJob, since: datetime, now: datetime) -> int:
    """Undo the changes that the account's runs found after `since`; they wait for review. Return their number.

    Raise the errors of `undo_changes`, or AnotherRun while an export of the account is running.
    """
    account, runs = job.account, Runs(job.account.state, job.account.runs)
    with runs.lock():
        targets = stored_targets(job, now)
        undone = undo_changes(ledger_of_account(account), account.school, targets, since, period=job.period, now=now)
        if undone:
            with suppress(AurionError):
                runs.mark_held()
    return undone
