"""The start of a run's Chromium, shared by all its accounts."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from scraper.cli.browser_offer import find_or_offer
from scraper.config.portal_account import Account
from scraper.config.settings.loading import load_network_access
from scraper.domain.progress import Progress
from scraper.errors import BrowserMissing
from scraper.portal.browser import Chromium, Driver, first_that_starts
from scraper.portal.find_browser import has_screen


@contextmanager
def chromium_for(accounts: Sequence[Account], driver: Driver, progress: Progress) -> Iterator[Chromium]:
    """Start a Chromium that can only reach the accounts' hosts, and close it at the end. Raise BrowserMissing.

    The installed browsers are tried in order of preference; if one is configured, only that.
    """
    first = accounts[0]
    if not first.headless and not has_screen():
        raise BrowserMissing("screen")
    hosts = () if any(account.by_hand for account in accounts) else [h for account in accounts for h in account.hosts]
    images = not first.headless or first.debug is not None
    access = load_network_access(os.environ)
    paths = find_or_offer(first.browser, windowed=not first.headless)
    candidates = [
        Chromium(
            driver=driver, path=path, headless=first.headless, hosts=tuple(dict.fromkeys(hosts)), images=images,
            sandbox=first.sandbox, access=access,
        )
        for path in paths
    ]  # fmt: skip
    with progress.step("browser"):
        chromium = first_that_starts(candidates)
    with closing(chromium):
        yield chromium
