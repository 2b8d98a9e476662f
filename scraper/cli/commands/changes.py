"""`aurion changes`: what changed in the last runs, with before and after."""

import json
import os
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from scraper.cli import options
from scraper.cli.options import option
from scraper.errors import SettingsError
from scraper.i18n import Catalogue, language_of
from scraper.publishing.ledgers import open_ledger

Since = Annotated[str | None, option("--since", key="since", value="date")]
RECENT = timedelta(days=30)
EARLIEST = date(2000, 1, 1)
"""Before any ledger: earlier days are beyond the ends of time in some zone."""


def changes(
    account: options.Account = None,
    since: Since = None,
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    json_output: options.Json = False,
) -> None:
    """What changed at the portal, oldest first; of the last thirty days unless told."""
    from scraper.publishing.describe import change_as_data, format_change
    from scraper.publishing.times import format_local_time, zone_note

    words = Catalogue(language_of(os.environ))
    ledger = open_ledger(account, {"school": school, "url": url, "login": login}, os.environ)
    try:
        first = date.fromisoformat(since) if since else None
    except ValueError:
        raise SettingsError("since", given=since) from None
    start = datetime.combine(max(first, EARLIEST), time(), ledger.zone) if first else datetime.now(UTC) - RECENT
    with ledger.reading() as books:
        told = books.changes(start)
    if json_output:
        sys.stdout.write(json.dumps([change_as_data(one.change, one.at) for one in told], ensure_ascii=False) + "\n")
        return
    for number, one in enumerate(told):
        if number == 0 or told[number - 1].at != one.at:
            sys.stdout.write(f"{format_local_time(one.at, words, ledger.zone)}\n")
        sys.stdout.write(f"  {format_change(one.change, words, ledger.zone)}\n")
    last = zone_note(told[-1].at, words, ledger.zone) if told else [words("changes.none")]
    sys.stdout.writelines(f"{sentence}\n" for sentence in last)
