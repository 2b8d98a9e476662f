"""`aurion feed add`: create a subscriber's address."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from scraper.cli import options
from scraper.cli.commands.feed import Address, Label, print_address
from scraper.cli.options import option
from scraper.cli.output import user_words
from scraper.cli.run import RunOptions, run_export
from scraper.cli.select_jobs import select_job
from scraper.cli.setting_options import NONE, Given, with_settings
from scraper.config.configuration import Config
from scraper.domain.choices import Client
from scraper.i18n import Catalogue
from scraper.publishing.feed_calendars import ensure_feed_calendar, known_courses, subscribe
from scraper.publishing.feeds.choices import parse_last_day, parse_sharing
from scraper.publishing.feeds.feed_files import FeedCalendar
from scraper.publishing.feeds.feed_urls import public_address
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.job import ExportJob
from scraper.publishing.ledgers import ledger_of_account

AccountName = Annotated[str | None, option("--account", key="feed_account", value="account")]
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
    courses = known_courses(ledger_of_account(job.account)) if course else ()
    sharing = parse_sharing(content or "", course or (), courses)
    job = replace(job, feeds=(FeedCalendar(client=profile, sharing=sharing),))
    _provide_calendar(job, words, quiet=json_output)
    print_address(*subscribe(job, label, last_day), base, words, json_output=json_output)


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
