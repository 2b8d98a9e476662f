"""`aurion feed add`, `rotate`, `list`, `revoke`: who may subscribe to which calendar."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from scraper.cli import options
from scraper.cli.options import argument, option
from scraper.i18n import Catalogue, language_of

if TYPE_CHECKING:
    from scraper.ical.entry import Client
    from scraper.publishing.feeds.files import Version
    from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit
    from scraper.publishing.job import ExportJob

Label = Annotated[str, argument("feed_label", "label")]
AccountName = Annotated[str | None, option("--account", key="feed_account", value="account")]
Address = Annotated[str | None, option("--address", key="feed_address", value="url")]


def add(
    label: Label,
    account: AccountName = None,
    client: options.For = None,
    address: Address = None,
    json_output: options.Json = False,
) -> None:
    """Makes an address for a subscriber, and a calendar to stand there where there is none. Raises AurionError."""
    from scraper.cli.select_jobs import explained_job
    from scraper.config.settings.loading import load_settings
    from scraper.publishing.feeds.publish import subscribe
    from scraper.publishing.feeds.urls import public_address

    words, known = Catalogue(language_of(os.environ)), _known()
    profile: Client | Literal[""] = load_settings({"client": client}, {}).client if client else ""
    known.refuse_label(label)
    before = public_address(known.state, address)
    job = replace(explained_job([account] if account else [], {}, words), feeds=(profile,))
    _provide(job, words, quiet=json_output)
    _show(*subscribe(job, label), before, words, json_output=json_output)


def rotate(label: Label, address: Address = None, json_output: options.Json = False) -> None:
    """Gives a subscriber another address: the one before is no more. Raises SettingsError, DeliveryError."""
    from scraper.publishing.feeds.urls import public_address

    known = _known()
    before = public_address(known.state, address)
    renewed, secret = known.renew(label)
    _show(renewed, secret, before, Catalogue(language_of(os.environ)), json_output=json_output)


def list_(json_output: options.Json = False) -> None:
    """Says who may fetch, who did when, and who has not the last change yet."""
    from scraper.publishing.feeds.publish import list_subscriptions, subscription_status
    from scraper.system.paths import state_folder

    words, told = Catalogue(language_of(os.environ)), list(list_subscriptions(state_folder()))
    if json_output:
        shown = [
            {
                "label": one.label,
                "account": one.account,
                "last_fetch": visit.at.astimezone().isoformat(timespec="seconds") if visit else None,
                "client": visit.agent if visit else None,
                "up_to_date": subscription_status(visit, version) == "has_it",
            }
            for one, visit, version in told
        ]
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        return
    for one, visit, version in told:
        facts = {"label": one.label, "account": one.account, **_facts(visit, version, words)}
        sys.stdout.write(words(f"feed.{subscription_status(visit, version)}", **facts) + "\n")
    if not told:
        sys.stdout.write(words("feed.nobody") + "\n")


def revoke(label: Label) -> None:
    """Takes a subscriber's address away. Raises SettingsError, DeliveryError."""
    _known().revoke(label)
    sys.stdout.write(Catalogue(language_of(os.environ))("feed.revoked", label=label) + "\n")


COMMANDS = {"add": add, "rotate": rotate, "list": list_, "revoke": revoke}


def _known() -> "Subscribers":
    from scraper.publishing.feeds.subscribers import Subscribers
    from scraper.system.paths import state_folder

    return Subscribers(state_folder())


def _provide(job: "ExportJob", words: Catalogue, *, quiet: bool) -> None:
    """The calendar that the feed shall have, if it has none: of what is known, else by an export."""
    from scraper.cli.launch import chromium_for
    from scraper.cli.preload import driver
    from scraper.cli.run import RunOptions, exported
    from scraper.publishing.feeds.publish import ensure_feed_calendar

    if ensure_feed_calendar(job, datetime.now(UTC)):
        return
    how = RunOptions(words=words, quiet=quiet)
    progress = how.progress([job])
    with driver() as started, chromium_for([job.account], started, progress) as chromium:
        if exported(job, how, chromium, progress).held:
            ensure_feed_calendar(job, datetime.now(UTC))


def _show(one: "Subscriber", secret: str, before: str, words: Catalogue, *, json_output: bool) -> None:
    from scraper.publishing.feeds.urls import path_of

    path = path_of(one, secret)
    told = {"label": one.label, "path": path, "url": before + path}
    shown = json.dumps(told, ensure_ascii=False) if json_output else words("feed.address", **told)
    sys.stdout.write(shown + "\n")


def _facts(visit: "Visit | None", version: "Version | None", words: Catalogue) -> Mapping[str, str]:
    """When it fetched, with what, and of when the calendar is that is there."""
    from scraper.publishing.times import format_local_time

    changed = datetime.fromtimestamp(version.at).astimezone() if version else None
    return {
        "client": (visit.agent if visit else "") or words("feed.unnamed"),
        "at": format_local_time(visit.at, words) if visit else "",
        "changed": format_local_time(changed, words) if changed else "",
    }
