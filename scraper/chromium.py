"""The Chromium of a run: one for all its accounts."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from scraper.account import Account
from scraper.errors import BrowserMissing
from scraper.portal.browser import Chromium, Driver
from scraper.portal.chromium import find_browser
from scraper.progress import Progress
from scraper.settings.loading import access_of_machine


@contextmanager
def chromium_for(accounts: Sequence[Account], driver: Driver, progress: Progress) -> Iterator[Chromium]:
    """One Chromium for all of them, started, reaching their hosts alone; closed at the end. Raises BrowserMissing."""
    first = accounts[0]
    path = find_browser(first.browser)
    if path is None:
        raise BrowserMissing("none")
    hosts = () if any(account.by_hand for account in accounts) else [h for account in accounts for h in account.hosts]
    images = not first.headless or first.debug is not None
    made = Chromium(
        driver=driver, path=path, headless=first.headless, hosts=tuple(dict.fromkeys(hosts)), images=images,
        access=access_of_machine(os.environ),
    )  # fmt: skip
    with closing(made):
        with progress.step("browser"):
            made.start()
        yield made
