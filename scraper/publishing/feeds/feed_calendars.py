"""Publish an account's feed calendars: each export writes them for the feed server."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from scraper.config.outputs import outputs_of
from scraper.config.portal_account import Account
from scraper.config.settings.loading import load_settings
from scraper.publishing.feeds.feed_files import Version, build_version, calendar_file
from scraper.publishing.feeds.last_good import LastGood
from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit
from scraper.publishing.job import ExportJob
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.publish import copy_published, republish
from scraper.publishing.target import CalendarTarget
from scraper.sinks.file import FileSink
from scraper.system.files import private_folder
from scraper.system.os_errors import translate_state_errors
from scraper.system.run_history import Runs

SubscriptionStatus = Literal["never", "none", "behind", "has_it"]
"""A subscriber's status: never fetched; calendar is gone; fetched before the last change; up to date."""


def feed_key(account: Account) -> str:
    """Return the name of the account's feed folder: its ledger's name."""
    return ledger_of_account(account).path.stem


def feed_file_name(account: Account) -> str:
    """Return the file name in the subscription's address: the account's name, unless it looks like a login."""
    plain = re.sub(r"[^\w.-]+", "-", account.name, flags=re.ASCII).strip("-.")
    return plain if plain and "@" not in account.name else "planning"


def feed_targets(job: ExportJob) -> "tuple[CalendarTarget, ...]":
    """Return one calendar for each client that has a subscriber or is named by the job.

    Each is the account's first output, rendered for that client. Options of a single run do not apply: the settings
    are loaded again without them. Raise SettingsError or DeliveryError.
    """
    account, key = job.account, feed_key(job.account)
    clients = {*job.feeds, *(one.client for one in Subscribers(account.state).all() if one.key == key)}
    if not clients:
        return ()
    first = outputs_of(load_settings({}, os.environ, account.name or None))[0]
    paths = {client: calendar_file(account.state, key, client) for client in sorted(clients)}
    for path in paths.values():
        with translate_state_errors(str(path)):
            private_folder(path.parent.parent)
            private_folder(path.parent)
    own = replace(first, destination=None)
    outputs = [replace(own, path=str(path), client=client or own.client) for client, path in paths.items()]
    targets = ((target, target.sink) for target in job.targets_for(outputs))
    return tuple(
        replace(target, sink=replace(sink, own=True)) for target, sink in targets if isinstance(sink, FileSink)
    )


def ensure_feed_calendar(job: ExportJob, now: datetime) -> bool:
    """Render the feed calendar that the job names from the ledger if it is missing; return whether it exists now.

    Raise SettingsError, LedgerError or DeliveryError.
    """
    own, path = job.targets[0], calendar_file(job.account.state, feed_key(job.account), job.feeds[0])
    target = next(target for target in feed_targets(job) if target.sink.name == str(path))
    if target.sink.current() is not None:
        return True
    if own.options.client == target.options.client and copy_published(own, target, ledger_of_account(job.account), now):
        return True
    return _republish(job, (target,), now)


def republish_account(job: ExportJob, now: datetime) -> bool:
    """Render all calendars of the account from the ledger with the current settings; return False if it is empty.

    Raise SettingsError, LedgerError, DeliveryError, or AnotherRun while a run of the account is in progress.
    """
    with Runs(job.account.state, job.account.runs).lock():
        own = (target for target in job.targets if target.sink.name != "-")
        return _republish(job, (*own, *feed_targets(job)), now)


def _republish(job: ExportJob, targets: "Sequence[CalendarTarget]", now: datetime) -> bool:
    return republish(job.account.school, targets, ledger_of_account(job.account), period=job.period, now=now)


def subscribe(job: ExportJob, label: str) -> tuple[Subscriber, str]:
    """Add a subscriber to the calendar that the job names; return it with its secret, which is not stored.

    Raise what `Subscribers.add` raises.
    """
    account = job.account
    return Subscribers(account.state).add(
        label, account=account.runs, key=feed_key(account), client=job.feeds[0], name=feed_file_name(account)
    )


def subscription_status(visit: Visit | None, version: Version | None) -> SubscriptionStatus:
    """Return whether a subscriber is up to date, by its last visit and the current calendar."""
    if visit is None:
        return "never"
    if version is None:
        return "none"
    return "has_it" if visit.version == version.digest else "behind"


def list_subscriptions(state: Path) -> Iterator[tuple[Subscriber, Visit | None, Version | None]]:
    """Yield each subscriber in the order of labels, with its last visit and its current calendar."""
    known = Subscribers(state)
    visits = known.visits()
    for one in sorted(known.all(), key=lambda one: (one.label.casefold(), one.label)):
        path = calendar_file(state, one.key, one.client)
        yield one, visits.get(one.digest), LastGood(path, build_version).get()
