"""The calendars of an account that its subscribers fetch: each export puts them where the feed finds them."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scraper.config.account import Account
from scraper.config.outputs import outputs_of
from scraper.config.settings.loading import load_settings
from scraper.publishing.feeds.files import Version, calendar_file, version_of
from scraper.publishing.feeds.last_good import LastGood
from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit
from scraper.publishing.job import ExportJob
from scraper.publishing.ledgers import ledger_of_account
from scraper.sinks.file import FileSink
from scraper.system.files import private_folder
from scraper.system.os_errors import translate_state_errors
from scraper.system.run_history import Runs

if TYPE_CHECKING:
    from scraper.publishing.target import CalendarTarget


Standing = Literal["never", "none", "behind", "has_it"]
"""It never came; it came and the calendar is gone; it has not the last change yet; it has it."""


def key_of(account: Account) -> str:
    """The name of the account's folder: its ledger's."""
    return ledger_of_account(account).path.stem


def name_of(account: Account) -> str:
    """The file's name in an address: the account's, where that is no login."""
    plain = re.sub(r"[^\w.-]+", "-", account.name, flags=re.ASCII).strip("-.")
    return plain if plain and "@" not in account.name else "planning"


def feed_targets(job: ExportJob) -> "tuple[CalendarTarget, ...]":
    """A calendar for each kind of client that is subscribed, or that the job names: the account's first output for it.

    What one run is told by options stands in no subscriber's calendar. Raises SettingsError, DeliveryError.
    """
    account, key = job.account, key_of(job.account)
    clients = {*job.feeds, *(one.client for one in Subscribers(account.state).all() if one.key == key)}
    if not clients:
        return ()
    first = outputs_of(load_settings({}, os.environ, account.name or None))[0]
    paths = {client: calendar_file(account.state, key, client) for client in sorted(clients)}
    for path in paths.values():
        with translate_state_errors(str(path)):
            private_folder(path.parent.parent)
            private_folder(path.parent)
    own = replace(first, caldav="", user="")
    made = [replace(own, path=str(path), client=client or own.client) for client, path in paths.items()]
    return tuple(map(_own, job.targets_for(made)))


def _own(target: "CalendarTarget") -> "CalendarTarget":
    """The same, whose file is the program's own."""
    sink = target.sink
    return replace(target, sink=replace(sink, own=True)) if isinstance(sink, FileSink) else target


def feed_target(job: ExportJob) -> "CalendarTarget":
    """The calendar that the job itself names. Raises SettingsError, DeliveryError."""
    path = calendar_file(job.account.state, key_of(job.account), job.feeds[0])
    return next(target for target in feed_targets(job) if target.sink.name == str(path))


def provided(job: ExportJob, now: datetime) -> bool:
    """Whether the calendar that the job names stands where the feed finds it; made of what is known, if need be.

    Raises SettingsError, LedgerError, DeliveryError.
    """
    from scraper.publishing.publish import copy_published  # noqa: PLC0415 - few who look for a feed make one

    own, target = job.targets[0], feed_target(job)
    if target.sink.current() is not None:
        return True
    if own.look.client == target.look.client and copy_published(own, target, ledger_of_account(job.account), now):
        return True
    return _of_known(job, (target,), now)


def publish_anew(job: ExportJob, now: datetime) -> bool:
    """All calendars of the account made anew of what is known, by its settings as they are; False: nothing is known.

    Raises as above, and AnotherRun while a run of it goes on.
    """
    with Runs(job.account.state, job.account.runs).lock():
        own = (target for target in job.targets if target.sink.name != "-")
        return _of_known(job, (*own, *feed_targets(job)), now)


def _of_known(job: ExportJob, targets: "Sequence[CalendarTarget]", now: datetime) -> bool:
    from scraper.publishing.publish import republish  # noqa: PLC0415 - few who look for a feed make one

    return republish(job.account.school, targets, ledger_of_account(job.account), period=job.period, now=now)


def subscribe(job: ExportJob, label: str) -> tuple[Subscriber, str]:
    """A new subscriber to the calendar that the job names, and the secret of its address, which is kept nowhere.

    Raises what `Subscribers.add` does.
    """
    account = job.account
    return Subscribers(account.state).add(
        label, account=account.runs, key=key_of(account), client=job.feeds[0], name=name_of(account)
    )


def standing_of(visit: Visit | None, version: Version | None) -> Standing:
    """How it stands with a subscriber, by the last visit and the calendar that is there now."""
    if visit is None:
        return "never"
    if version is None:
        return "none"
    return "has_it" if visit.version == version.digest else "behind"


def subscribed(state: Path) -> Iterator[tuple[Subscriber, Visit | None, Version | None]]:
    """Each subscriber by name, its last visit, and the calendar that is there for it now."""
    known = Subscribers(state)
    visits = known.visits()
    for one in sorted(known.all(), key=lambda one: (one.label.casefold(), one.label)):
        path = calendar_file(state, one.key, one.client)
        yield one, visits.get(one.digest), LastGood(path, version_of).get()
