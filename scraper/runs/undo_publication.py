"""Undo the publication of changes at the user's request."""

from contextlib import suppress
from datetime import datetime

from scraper.errors import AurionError
from scraper.publishing.feed_calendars import stored_targets
from scraper.publishing.job import ExportJob
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.undo import undo_changes
from scraper.system.run_history import Runs


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
