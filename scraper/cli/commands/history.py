"""`aurion history`: list the published calendars, or write one of them again."""

import json
import os
import sys
from typing import Annotated

from scraper.cli import options
from scraper.cli.interruptions import ignore_interruptions
from scraper.cli.options import option
from scraper.errors import SettingsError
from scraper.i18n import Catalogue, language_of
from scraper.publishing.job import build_sink
from scraper.publishing.ledgers import open_ledger

Show = Annotated[int | None, option("--show", key="show", value="number")]


def history(
    account: options.Account = None,
    show: Show = None,
    output: options.OutputOrStdout = None,
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    json_output: options.Json = False,
) -> None:
    """List the published calendars, oldest first; or write one of them, by default to standard output."""
    from scraper.publishing.times import format_local_time

    words = Catalogue(language_of(os.environ))
    ledger = open_ledger(account, {"school": school, "url": url, "login": login}, os.environ)
    with ledger.reading() as books:
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
        sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
        return
    for issue in issues:
        counts = ", ".join(words(f"changes.counts.{name}", count=n) for name, n in issue.changes.items() if n)
        when = format_local_time(issue.at, words, ledger.zone)
        line = words("history.line", number=issue.number, at=when, count=issue.events, output=issue.output)
        sys.stdout.write(f"{line}{f'  ({counts})' if counts else ''}\n")
    if not issues:
        sys.stdout.write(words("history.none") + "\n")
