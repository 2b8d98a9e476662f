"""`aurion feed add`, `rotate`, `list`, `revoke`: manage the subscribers of the calendar feeds."""

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
    from scraper.publishing.feeds.feed_files import Version
    from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit
    from scraper.publishing.job import ExportJob

Label = Annotated[str, argument("feed_label", "label")]
AccountName = Annotated[str | None, option("--account", key="feed_account", value="account")]
Address = Annotated[str | None, option("--address", key="feed_address", value="url")]


def create_subscription(
    label: Label,
    account: AccountName = None,
    client: options.Client = None,
    address: Address = None,
    json_output: options.Json = False,
) -> None:
    """Create a subscriber's address, and its calendar if there is none yet. Raise AurionError."""
    from scraper.cli.select_jobs import select_job
    from scraper.config.settings.loading import load_settings
    from scraper.publishing.feeds.feed_calendars import subscribe
    from scraper.publishing.feeds.feed_urls import public_address

    words, known = Catalogue(language_of(os.environ)), _subscribers()
    profile: Client | Literal[""] = load_settings({"client": client}, {}).client if client else ""
    known.refuse_label(label)
    base = public_address(known.state, address)
    job = replace(select_job([account] if account else [], {}, words), feeds=(profile,))
    _provide_calendar(job, words, quiet=json_output)
    _print_address(*subscribe(job, label), base, words, json_output=json_output)


def rotate(label: Label, address: Address = None, json_output: options.Json = False) -> None:
    """Replace a subscriber's address; the old one stops working. Raise SettingsError, DeliveryError."""
    from scraper.publishing.feeds.feed_urls import public_address

    known = _subscribers()
    base = public_address(known.state, address)
    renewed, secret = known.renew(label)
    _print_address(renewed, secret, base, Catalogue(language_of(os.environ)), json_output=json_output)


def print_subscribers(json_output: options.Json = False) -> None:
    """List the subscribers, their last fetch, and whether they have the latest version."""
    from scraper.publishing.feeds.feed_calendars import list_subscriptions, subscription_status
    from scraper.system.paths import state_folder

    words, rows = Catalogue(language_of(os.environ)), list(list_subscriptions(state_folder()))
    if json_output:
        data = [
            {
                "label": one.label,
                "account": one.account,
                "last_fetch": visit.at.astimezone().isoformat(timespec="seconds") if visit else None,
                "client": visit.agent if visit else None,
                "up_to_date": subscription_status(visit, version) == "has_it",
            }
            for one, visit, version in rows
        ]
        sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
        return
    for one, visit, version in rows:
        facts = {"label": one.label, "account": one.account, **_facts(visit, version, words)}
        sys.stdout.write(words(f"feed.{subscription_status(visit, version)}", **facts) + "\n")
    if not rows:
        sys.stdout.write(words("feed.nobody") + "\n")


def revoke(label: Label) -> None:
    """Revoke a subscriber's address. Raise SettingsError, DeliveryError."""
    _subscribers().revoke(label)
    sys.stdout.write(Catalogue(language_of(os.environ))("feed.revoked", label=label) + "\n")


COMMANDS = {"add": create_subscription, "rotate": rotate, "list": print_subscribers, "revoke": revoke}


def _subscribers() -> "Subscribers":
    from scraper.publishing.feeds.subscribers import Subscribers
    from scraper.system.paths import state_folder

    return Subscribers(state_folder())


def _provide_calendar(job: "ExportJob", words: Catalogue, *, quiet: bool) -> None:
    """Create the feed's calendar if it has none: from the ledger, or else by an export."""
    from scraper.cli.launch_chromium import chromium_for
    from scraper.cli.preload import driver
    from scraper.cli.run import RunOptions, run_export
    from scraper.publishing.feeds.feed_calendars import ensure_feed_calendar

    if ensure_feed_calendar(job, datetime.now(UTC)):
        return
    run_options = RunOptions(words=words, quiet=quiet)
    progress = run_options.progress([job])
    with driver() as started, chromium_for([job.account], started, progress) as chromium:
        if run_export(job, run_options, chromium, progress).held:
            ensure_feed_calendar(job, datetime.now(UTC))


def _print_address(one: "Subscriber", secret: str, base: str, words: Catalogue, *, json_output: bool) -> None:
    from scraper.publishing.feeds.feed_urls import path_of

    path = path_of(one, secret)
    data = {"label": one.label, "path": path, "url": base + path}
    line = json.dumps(data, ensure_ascii=False) if json_output else words("feed.address", **data)
    sys.stdout.write(line + "\n")


def _facts(visit: "Visit | None", version: "Version | None", words: Catalogue) -> Mapping[str, str]:
    """Return the subscriber's client, the time of its last fetch, and the time of the calendar's last change."""
    from scraper.publishing.times import format_local_time

    changed = datetime.fromtimestamp(version.at).astimezone() if version else None
    return {
        "client": (visit.agent if visit else "") or words("feed.unnamed"),
        "at": format_local_time(visit.at, words) if visit else "",
        "changed": format_local_time(changed, words) if changed else "",
    }
