"""Publish the pending changes after the user's review."""

from collections.abc import Callable, Sequence
from datetime import datetime

from scraper.domain.progress import Progress
from scraper.domain.school import School
from scraper.errors import SettingsError
from scraper.publishing.ledger.ledger import Ledger, LedgerTransaction
from scraper.publishing.publish import ExportResult, publish_in_transaction
from scraper.publishing.target import CalendarTarget


def publish_pending(
    ledger: Ledger,
    school: School,
    targets: Sequence[CalendarTarget],
    progress: Progress,
    *,
    now: datetime,
    before_commit: Callable[[], None] = lambda: None,
) -> ExportResult | None:
    """Publish the pending planning, compared again with the current ledger; return None where nothing is pending.

    The user's approval covers a suspiciously empty planning as well. Raise what `publish` raises, and
    SettingsError("held-elsewhere") where none of these calendars was ever published.
    """
    if not ledger.path.exists():
        return None
    for target in targets:
        target.sink.check()
    with ledger.writing() as transaction:
        pending = transaction.pending_planning()
        if pending is None:
            return None
        _refuse_elsewhere(transaction, targets)
        return publish_in_transaction(
            transaction, pending.planning, school, targets, progress, now=now, accept_empty=True, hold=False,
            before_commit=before_commit,
        )  # fmt: skip


def _refuse_elsewhere(transaction: LedgerTransaction, targets: Sequence[CalendarTarget]) -> None:
    """Raise SettingsError("held-elsewhere") where the pending run had other outputs, given by options.

    Publishing to these targets would leave the run's own calendars outdated.
    """
    known = {issue.output for issue in transaction.published_calendars()}
    if known and known.isdisjoint(target.output for target in targets):
        raise SettingsError("held-elsewhere", near=sorted(known))
