"""`aurion feed add`, `renew`, `list`, `revoke`: who may subscribe to which calendar."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from scraper.cli import options
from scraper.cli.options import argument, option
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.ical import Client
    from scraper.job import Job
    from scraper.web.shelf import Version
    from scraper.web.subscribers import Subscriber, Subscribers, Visit

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
    from scraper.cli.meant import explained_job
    from scraper.settings.loading import load_settings
    from scraper.web.addresses import public_address
    from scraper.web.feeding import subscribe

    words, known = Words(language_of(os.environ)), _known()
    profile: Client | Literal[""] = load_settings({"client": client}, {}).client if client else ""
    known.refuse_label(label)
    before = public_address(known.state, address)
    job = replace(explained_job([account] if account else [], {}, words), feeds=(profile,))
    _provide(job, words, quiet=json_output)
    _show(*subscribe(job, label), before, words, json_output=json_output)


def renew(label: Label, address: Address = None, json_output: options.Json = False) -> None:
    """Gives a subscriber another address: the one before is no more. Raises SettingsError, DeliveryError."""
    from scraper.web.addresses import public_address

    known = _known()
    before = public_address(known.state, address)
    renewed, secret = known.renew(label)
    _show(renewed, secret, before, Words(language_of(os.environ)), json_output=json_output)


def list_(json_output: options.Json = False) -> None:
    """Says who may fetch, who did when, and who has not the last change yet."""
    from scraper.settings.file import state_folder
    from scraper.web.feeding import standing_of, subscribed

    words, told = Words(language_of(os.environ)), list(subscribed(state_folder()))
    if json_output:
        shown = [
            {
                "label": one.label,
                "account": one.account,
                "last_fetch": visit.at.astimezone().isoformat(timespec="seconds") if visit else None,
                "client": visit.agent if visit else None,
                "up_to_date": standing_of(visit, version) == "has_it",
            }
            for one, visit, version in told
        ]
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        return
    for one, visit, version in told:
        facts = {"label": one.label, "account": one.account, **_facts(visit, version, words)}
        sys.stdout.write(words(f"feed.{standing_of(visit, version)}", **facts) + "\n")
    if not told:
        sys.stdout.write(words("feed.nobody") + "\n")


def revoke(label: Label) -> None:
    """Takes a subscriber's address away. Raises SettingsError, DeliveryError."""
    _known().revoke(label)
    sys.stdout.write(Words(language_of(os.environ))("feed.revoked", label=label) + "\n")


COMMANDS = {"add": add, "renew": renew, "list": list_, "revoke": revoke}


def _known() -> "Subscribers":
    from scraper.settings.file import state_folder
    from scraper.web.subscribers import Subscribers

    return Subscribers(state_folder())


def _provide(job: "Job", words: Words, *, quiet: bool) -> None:
    """The calendar that the feed shall have, if it has none: of what is known, else by an export."""
    from scraper.chromium import chromium_for
    from scraper.cli.browsing import driver
    from scraper.cli.job import How, exported
    from scraper.web.feeding import provided

    if provided(job, datetime.now(UTC)):
        return
    how = How(words=words, quiet=quiet)
    progress = how.progress([job])
    with driver() as started, chromium_for([job.account], started, progress) as chromium:
        if exported(job, how, chromium, progress).held:
            provided(job, datetime.now(UTC))


def _show(one: "Subscriber", secret: str, before: str, words: Words, *, json_output: bool) -> None:
    from scraper.web.addresses import path_of

    path = path_of(one, secret)
    told = {"label": one.label, "path": path, "url": before + path}
    shown = json.dumps(told, ensure_ascii=False) if json_output else words("feed.address", **told)
    sys.stdout.write(shown + "\n")


def _facts(visit: "Visit | None", version: "Version | None", words: Words) -> Mapping[str, str]:
    """When it fetched, with what, and of when the calendar is that is there."""
    from scraper.times import time_here

    changed = datetime.fromtimestamp(version.at).astimezone() if version else None
    return {
        "client": (visit.agent if visit else "") or words("feed.unnamed"),
        "at": time_here(visit.at, words) if visit else "",
        "changed": time_here(changed, words) if changed else "",
    }
