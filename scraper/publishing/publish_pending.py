"""Publish the pending changes after the user's review."""

from collections.abc import Sequence
from dataclasses import replace

from scraper.domain.school import School
from scraper.errors import SettingsError
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.publish import ExportResult, PublishOptions, publish_in_transaction
from scraper.publishing.target import CalendarTarget


def publish_pending(
    ledger: Ledger,
    school: School,
    targets: Sequence[CalendarTarget],
    options: PublishOptions,
) -> ExportResult | None:
    """Publish the pending planning, compared again with the current ledger; return None where nothing is pending.

    The user's approval covers a mass removal as well. Raise what `publish` raises, and
    SettingsError("held-elsewhere") where none of these calendars was ever published.
    """
    if not ledger.exists():
        return None
    for target in targets:
        target.sink.check()
    with ledger.writing() as transaction:
        pending = transaction.pending_planning()
        if pending is None:
            return None
        known = {calendar.output for calendar in transaction.published_calendars()}
        if known and known.isdisjoint(target.output for target in targets):  # the run had other outputs, by options
            raise SettingsError("held-elsewhere", near=sorted(known))
        approved = replace(options, review=False, allow_mass_removal=True)
        return publish_in_transaction(transaction, pending.planning, school, targets, approved)
