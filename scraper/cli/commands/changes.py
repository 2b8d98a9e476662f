"""`aurion changes`: list the changes of the last runs, with the values before and after."""

import sys
from datetime import UTC, date, datetime, time
from typing import Annotated

from scraper.cli import options
from scraper.cli.error_output import name_in_hints
from scraper.cli.options import option
from scraper.cli.output import user_words, write_json, write_line
from scraper.cli.setting_options import NONE, Identity, with_settings
from scraper.config.configuration import Config
from scraper.domain.changes import RECENT
from scraper.errors import SettingsError
from scraper.publishing.describe import change_as_data, format_change
from scraper.publishing.ledgers import open_ledger
from scraper.publishing.local_times import format_local_time, zone_note

Since = Annotated[str | None, option("--since", key="since", value="date")]
EARLIEST = date(2000, 1, 1)
"""A date before any ledger; much earlier dates cannot be represented in every zone."""


@with_settings
def changes(
    account: options.Account = None,
    since: Since = None,
    given: Identity = NONE,
    json_output: options.Json = False,
) -> None:
    """List the portal's changes, oldest first, by default those of the last thirty days."""
    words = user_words()
    ledger = open_ledger(account, Config.from_environment(given))
    try:
        first = date.fromisoformat(since) if since else None
    except ValueError:
        raise SettingsError("since", given=since) from None
    start = datetime.combine(max(first, EARLIEST), time(), ledger.zone) if first else datetime.now(UTC) - RECENT
    with name_in_hints(account or ""), ledger.reading() as books:
        recorded = books.changes(start)
    if json_output:
        write_json([change_as_data(one.change, one.at) for one in recorded])
        return
    for number, one in enumerate(recorded):
        if number == 0 or recorded[number - 1].at != one.at:
            write_line(format_local_time(one.at, words, ledger.zone))
        sys.stdout.write(f"  {format_change(one.change, words, ledger.zone)}\n")
    last = zone_note(recorded[-1].at, words, ledger.zone) if recorded else [words("changes.none")]
    sys.stdout.writelines(f"{sentence}\n" for sentence in last)
