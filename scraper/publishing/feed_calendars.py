"""Publish an account's feed calendars: each export writes them for the feed server."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime

from scraper.config.outputs import load_outputs
from scraper.config.portal_account import Account
from scraper.domain.sharing import Sharing
from scraper.errors import LedgerMissing
from scraper.publishing.feeds.feed_files import calendar_file
from scraper.publishing.feeds.subscribers import Subscriber, Subscribers
from scraper.publishing.job import ExportJob
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.publish import copy_published, republish
from scraper.publishing.target import CalendarTarget
from scraper.sinks.file import FileSink
from scraper.system.files import private_folder
from scraper.system.os_errors import translate_state_errors
from scraper.system.run_history import Runs


def feed_key(account: Account) -> str:
    """Return the name of the account's feed folder: its ledger's name."""
    return ledger_of_account(account).path.stem


def feed_file_name(account: Account, sharing: Sharing) -> str:
    """Return the file name in the subscription's address: the account's name, unless it looks like a login."""
    plain = re.sub(r"[^\w.-]+", "-", account.name, flags=re.ASCII).strip("-.")
    return plain if plain and "@" not in account.name and sharing.content != "busy" else "planning"


def feed_targets(job: ExportJob, now: datetime) -> tuple[CalendarTarget, ...]:
    """Return one calendar for each kind that has a subscriber or is named by the job.

    Each is the account's first output, rendered for its client and reduced to the part that its subscribers get.
    Options of a single run do not apply: the settings are loaded again without them. Calendars of subscriptions that
    have ended are deleted. Raise SettingsError or DeliveryError.
    """
    account, key, subscribers = job.account, feed_key(job.account), Subscribers(job.account.state)
    subscribers.delete_ended(now)
    current = (one for one in subscribers.all() if not one.has_ended(now))
    calendars = {*job.feeds, *(one.calendar for one in current if one.key == key)}
    if not calendars:
        return ()
    first = load_outputs(job.config.with_options({}), account.name)[0]
    paths = {one: calendar_file(account.state, key, one) for one in sorted(calendars, key=lambda one: one.file_name)}
    for path in paths.values():
        with translate_state_errors(str(path)):
            private_folder(path.parent.parent)
            private_folder(path.parent)
    own = replace(first, destination=None)
    outputs = [replace(own, path=str(path), client=one.client or own.client) for one, path in paths.items()]
    targets = zip(job.targets_for(outputs), paths, strict=True)
    return tuple(share_part(_as_own_file(target), one.sharing) for target, one in targets)


def stored_targets(job: ExportJob, now: datetime) -> tuple[CalendarTarget, ...]:
    """Return all calendars of the account except standard output, and those of its subscribers."""
    own = (target for target in job.targets if target.sink.name != "-")
    return (*own, *feed_targets(job, now))


def _as_own_file(target: CalendarTarget) -> CalendarTarget:
    """Return the target with its file marked as this program's own."""
    sink = target.sink
    return replace(target, sink=replace(sink, own=True) if isinstance(sink, FileSink) else sink)


def share_part(target: CalendarTarget, sharing: Sharing) -> CalendarTarget:
    """Return the target reduced to a part of the timetable."""
    if sharing.content != "busy":
        return replace(target, sharing=sharing)
    options = replace(target.options, only_times=True)
    return replace(target, sharing=sharing, options=options, title=options.words("calendar.busy"))


def ensure_feed_calendar(job: ExportJob, now: datetime) -> bool:
    """Render the feed calendar that the job names from the ledger if it is missing; return whether it exists now.

    Raise SettingsError, LedgerError or DeliveryError.
    """
    path = str(calendar_file(job.account.state, feed_key(job.account), job.feeds[0]))
    own, target = job.targets[0], next(one for one in feed_targets(job, now) if one.sink.name == path)
    if target.sink.current() is not None:
        return True
    is_same = own.options.client == target.options.client and not target.sharing.is_partial
    if is_same and copy_published(own, target, ledger_of_account(job.account), now):
        return True
    return _republish(job, (target,), now)


def republish_account(job: ExportJob, now: datetime) -> bool:
    """Render all calendars of the account from the ledger with the current settings; return False if it is empty.

    Raise SettingsError, LedgerError, DeliveryError, or AnotherRun while a run of the account is in progress.
    """
    with Runs(job.account.state, job.account.runs).lock():
        return _republish(job, stored_targets(job, now), now)


def _republish(job: ExportJob, targets: Sequence[CalendarTarget], now: datetime) -> bool:
    return republish(job.account.school, targets, ledger_of_account(job.account), period=job.period, now=now)


def known_courses(ledger: Ledger) -> list[str]:
    """Return the subjects in the ledger, sorted; none before the first export. Raise LedgerError."""
    with suppress(LedgerMissing), ledger.reading() as transaction:
        return sorted({one.event.subject for one in transaction.tracked_events()} - {""})
    return []


def subscribe(job: ExportJob, label: str, until: date | None = None) -> tuple[Subscriber, str]:
    """Add a subscriber to the calendar that the job names; return it with its secret, which is not stored.

    Raise what `Subscribers.add` raises.
    """
    account, calendar = job.account, job.feeds[0]
    name = feed_file_name(account, calendar.sharing)
    return Subscribers(account.state).add(
        label, account=account.runs, key=feed_key(account), calendar=calendar, name=name, until=until
    )
