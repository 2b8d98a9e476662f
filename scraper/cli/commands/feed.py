"""`aurion feed add`, `rotate`, `list`, `revoke`: manage the subscribers of the calendar feeds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from scraper.cli import options
from scraper.cli.options import argument, option
from scraper.cli.output import time_to_json, user_words, write_json, write_line
from scraper.cli.run import RunOptions, run_export
from scraper.cli.select_jobs import select_job
from scraper.cli.setting_options import NONE, Given, with_settings
from scraper.config.configuration import Config
from scraper.domain.choices import Client
from scraper.i18n import Catalogue
from scraper.publishing.describe import format_day, format_local_time
from scraper.publishing.feeds.choices import parse_last_day, parse_sharing
from scraper.publishing.feeds.feed_calendars import (
    ensure_feed_calendar,
    known_courses,
    list_subscriptions,
    subscribe,
    subscription_status,
)
from scraper.publishing.feeds.feed_files import FeedCalendar, Version
from scraper.publishing.feeds.feed_urls import path_of, public_address
from scraper.publishing.feeds.subscribers import Subscriber, Subscribers, Visit
from scraper.publishing.job import ExportJob

Label = Annotated[str, argument("feed_label", "label")]
AccountName = Annotated[str | None, option("--account", key="feed_account", value="account")]
Address = Annotated[str | None, option("--address", key="feed_address", value="url")]
Content = Annotated[str | None, option("--content", key="feed_content", value="all|busy|no-teachers|exams")]
Courses = Annotated[list[str] | None, option("--course", key="feed_course", value="subject")]
LastDay = Annotated[str | None, option("--until", key="feed_until", value="date")]


@with_settings
def create_subscription(
    label: Label,
    account: AccountName = None,
    given: Annotated[Given, ("client",)] = NONE,
    content: Content = None,
    course: Courses = None,
    until: LastDay = None,
    address: Address = None,
    json_output: options.Json = False,
) -> None:
    """Create a subscriber's address, and its calendar if there is none yet. Raise AurionError."""
    words, config = user_words(), Config.from_environment()
    known = Subscribers(config.state)
    profile: Client | Literal[""] = config.stored.with_options(given).settings().client if given else ""
    known.refuse_label(label)
    base = public_address(known.state, address)
    last_day = parse_last_day(until or "", datetime.now(UTC).astimezone().date())
    job = select_job([account] if account else [], config, words)
    sharing = parse_sharing(content or "", course or (), known_courses(job) if course else ())
    job = replace(job, feeds=(FeedCalendar(client=profile, sharing=sharing),))
    _provide_calendar(job, words, quiet=json_output)
    _print_address(*subscribe(job, label, last_day), base, words, json_output=json_output)


def rotate(label: Label, address: Address = None, json_output: options.Json = False) -> None:
    """Replace a subscriber's address; the old one stops working. Raise SettingsError, DeliveryError."""
    known = Subscribers(Config().state)
    base = public_address(known.state, address)
    renewed, secret = known.renew(label)
    _print_address(renewed, secret, base, user_words(), json_output=json_output)


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


COMMANDS = {"add": create_subscription, "rotate": rotate, "list": print_subscribers, "revoke": revoke}


def _provide_calendar(job: ExportJob, words: Catalogue, *, quiet: bool) -> None:
    """Create the feed's calendar if it has none: from the ledger, or else by an export."""
    from scraper.cli.launch_chromium import chromium_for
    from scraper.cli.preload import driver

    if ensure_feed_calendar(job, datetime.now(UTC)):
        return
    run_options = RunOptions(words=words, quiet=quiet)
    progress = run_options.progress([job])
    with driver() as started, chromium_for([job.account], started, progress, job.config) as chromium:
        if run_export(job, run_options, chromium, progress).held:
            ensure_feed_calendar(job, datetime.now(UTC))


def _print_address(one: Subscriber, secret: str, base: str, words: Catalogue, *, json_output: bool) -> None:
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
