"""`aurion feed rotate`, `list`, `revoke`: manage the subscribers of the calendar feeds; `add` has its own module."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from scraper.cli import options
from scraper.cli.options import argument, option
from scraper.cli.output import time_to_json, user_words, write_json, write_line
from scraper.config.configuration import Config
from scraper.i18n import Catalogue
from scraper.publishing.feeds.feed_files import Version
from scraper.publishing.feeds.feed_urls import path_of, public_address
from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit
from scraper.publishing.feeds.subscription_list import list_subscriptions, subscription_status
from scraper.publishing.local_times import format_day, format_local_time

Label = Annotated[str, argument("feed_label", "label")]
Address = Annotated[str | None, option("--address", key="feed_address", value="url")]


def rotate(label: Label, address: Address = None, json_output: options.Json = False) -> None:
    """Replace a subscriber's address; the old one stops working. Raise SettingsError, DeliveryError."""
    known = Subscribers(Config().state)
    base = public_address(known.state, address)
    renewed, secret = known.renew(label)
    print_address(renewed, secret, base, user_words(), json_output=json_output)


def print_subscribers(json_output: options.Json = False) -> None:
    """List the subscribers, their last fetch, and whether they have the latest version."""
    words, rows = user_words(), list(list_subscriptions(Config().state))
    if json_output:
        data = [
            {
                "label": one.label,
                "account": one.account,
                "last_fetch": time_to_json(visit.at) if visit else None,
                "client": visit.agent if visit else None,
                "content": one.calendar.sharing.content,
                "courses": list(one.calendar.sharing.courses),
                "until": one.until.isoformat() if one.until else None,
                "up_to_date": subscription_status(visit, version) == "has_it",
            }
            for one, visit, version in rows
        ]
        write_json(data)
        return
    for one, visit, version in rows:
        facts = {"label": one.label, "account": one.account, **_facts(visit, version, words)}
        status = "ended" if one.has_ended(datetime.now(UTC)) else subscription_status(visit, version)
        until = format_day(one.until, words) if one.until else ""
        content = words(f"feed.content.{one.calendar.sharing.content}", courses=", ".join(one.calendar.sharing.courses))
        write_line(words(f"feed.{status}", **facts, until=until))
        if one.calendar.sharing.is_partial or (until and status != "ended"):
            write_line(words("feed.limits", content=content, until=until))
    if not rows:
        write_line(words("feed.no_subscribers"))


def revoke(label: Label) -> None:
    """Revoke a subscriber's address. Raise SettingsError, DeliveryError."""
    Subscribers(Config().state).revoke(label)
    write_line(user_words()("feed.revoked", label=label))


COMMANDS = {
    "add": "feed_add:create_subscription",
    "rotate": rotate,
    "list": print_subscribers,
    "revoke": revoke,
}


def print_address(one: Subscriber, secret: str, base: str, words: Catalogue, *, json_output: bool) -> None:
    """Write the subscriber's address, which is not stored."""
    path = path_of(one, secret)
    data = {"label": one.label, "path": path, "url": base + path}
    if json_output:
        write_json(data)
    else:
        write_line(words("feed.address", **data))


def _facts(visit: Visit | None, version: Version | None, words: Catalogue) -> Mapping[str, str]:
    """Return the subscriber's client, the time of its last fetch, and the time of the calendar's last change."""
    changed = datetime.fromtimestamp(version.at).astimezone() if version else None
    return {
        "client": (visit.agent if visit else "") or words("feed.unnamed"),
        "at": format_local_time(visit.at, words) if visit else "",
        "changed": format_local_time(changed, words) if changed else "",
    }
