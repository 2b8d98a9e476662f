"""`aurion changes`: list the changes of the last runs, with the values before and after."""

import json
import os
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from scraper.cli import options
from scraper.cli.options import option
from scraper.errors import SettingsError
from scraper.i18n import Catalogue, language_of

Since = Annotated[str | None, option("--since", key="since", value="date")]
RECENT = timedelta(days=30)
EARLIEST = date(2000, 1, 1)
"""A date before any ledger; much earlier dates cannot be represented in every zone."""


def changes(
    account: options.Account = None,
    since: Since = None,
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    json_output: options.Json = False,
) -> None:
    """List the portal's changes, oldest first, by default those of the last thirty days."""
    from scraper.publishing.describe import change_as_data, format_change
    from scraper.publishing.ledgers import open_ledger
    from scraper.publishing.times import format_local_time, zone_note

    words = Catalogue(language_of(os.environ))
    ledger = open_ledger(account, {"school": school, "url": url, "login": login}, os.environ)
    try:
        first = date.fromisoformat(since) if since else None
    except ValueError:
        raise SettingsError("since", given=since) from None
    start = datetime.combine(max(first, EARLIEST), time(), ledger.zone) if first else datetime.now(UTC) - RECENT
    with ledger.reading() as books:
        recorded = books.changes(start)
    if json_output:
        sys.stdout.write(
            json.dumps([change_as_data(one.change, one.at) for one in recorded], ensure_ascii=False) + "\n"
        )
        return
    for number, one in enumerate(recorded):
        if number == 0 or recorded[number - 1].at != one.at:
            sys.stdout.write(f"{format_local_time(one.at, words, ledger.zone)}\n")
        sys.stdout.write(f"  {format_change(one.change, words, ledger.zone)}\n")
    last = zone_note(recorded[-1].at, words, ledger.zone) if recorded else [words("changes.none")]
    sys.stdout.writelines(f"{sentence}\n" for sentence in last)
