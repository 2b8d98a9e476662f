"""`aurion history`: list the published calendars, or write one of them again."""

import sys
from pathlib import Path
from typing import Annotated

from scraper.cli import options
from scraper.cli.error_output import name_in_hints
from scraper.cli.options import option
from scraper.cli.output import user_words, write_json, write_line
from scraper.cli.setting_options import NONE, Identity, with_settings
from scraper.config.configuration import Config
from scraper.config.default_output import shorten_path
from scraper.errors import SettingsError
from scraper.publishing.describe import format_counts
from scraper.publishing.feeds.feed_files import is_feed_calendar
from scraper.publishing.job import build_sink
from scraper.publishing.ledgers import open_ledger
from scraper.publishing.local_times import format_local_time
from scraper.system.interruptions import ignore_interruptions

_Show = Annotated[int | None, option("--show", key="show", value="number")]


@with_settings
def history(
    account: options.Account = None,
    show: _Show = None,
    output: options.OutputOrStdout = None,
    given: Identity = NONE,
    json_output: options.Json = False,
) -> None:
    """List the published calendars, oldest first; or write one of them, by default to standard output."""
    words, config = user_words(), Config.from_environment(given)
    ledger = open_ledger(account, config)
    with name_in_hints(account or ""), ledger.reading() as books:
        if show is not None:
            body = books.calendar_body(show)
            if body is None:
                raise SettingsError("show", given=str(show))
            build_sink("-" if output is None else output, before_swap=ignore_interruptions).deliver(body)
            return
        issues = books.published_calendars()
    if json_output:
        data = [
            {"number": i.number, "at": i.at.isoformat(), "output": i.output, "events": i.events, "changes": i.changes}
            for i in issues
        ]
        write_json(data)
        return
    issues = [issue for issue in issues if not is_feed_calendar(config.state, issue.output)]
    for issue in issues:
        counts = format_counts(issue.changes, words)
        when = format_local_time(issue.at, words, ledger.zone)
        line = words(
            "history.line", number=issue.number, at=when, count=issue.events, output=shorten_path(Path(issue.output))
        )
        sys.stdout.write(f"{line}{f'  ({counts})' if counts else ''}\n")
    if not issues:
        write_line(words("history.none"))
