"""The start of a run's Chromium, shared by all its accounts."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from scraper.cli.answers import can_ask
from scraper.cli.output import user_words
from scraper.cli.prompts import confirm
from scraper.config.configuration import Config
from scraper.config.portal_account import Account
from scraper.domain.progress import Progress, Silent
from scraper.errors import BrowserMissing
from scraper.i18n import Catalogue
from scraper.portal.browser import Chromium, first_that_starts
from scraper.portal.driver import Driver
from scraper.publishing.job import job_for_account
from scraper.system.find_browser import find_browsers, has_screen

_READY: list[Chromium] = []
"""The Chromium that was started before its export, if any."""


@contextmanager
def chromium_for(accounts: Sequence[Account], driver: Driver, progress: Progress, config: Config) -> Iterator[Chromium]:
    """Start a Chromium that can only reach the accounts' hosts, and close it at the end. Raise BrowserMissing.

    The installed browsers are tried in order of preference; if one is configured, only that. If there is none, the user
    is asked on a terminal whether to install one.
    """
    first = accounts[0]
    if not first.headless and not has_screen():
        raise BrowserMissing("screen")
    hosts = () if any(account.by_hand for account in accounts) else [h for account in accounts for h in account.hosts]
    images = not first.headless or first.debug is not None
    access = config.network_access()

    def start() -> Chromium:
        candidates = [
            Chromium(
                driver=driver, path=path, headless=first.headless, hosts=tuple(dict.fromkeys(hosts)), images=images,
                sandbox=first.sandbox, access=access,
            )
            for path in find_browsers(first.browser, windowed=not first.headless)
        ]  # fmt: skip
        with progress.step("browser"):
            return first_that_starts([one for one in _READY if one in candidates] or candidates)

    try:
        chromium = start()
    except BrowserMissing as error:
        if not is_installed_now(error, user_words()):
            raise
        chromium = start()
    with closing(chromium):
        yield chromium


def is_installed_now(error: BrowserMissing, words: Catalogue) -> bool:
    """Return whether the error was that there is no browser, and the user has accepted to install one.

    It is installed in a process of its own: a driver already runs in this one.
    """
    if error.reason != "none" or not can_ask() or not confirm(words("browser.offer"), words):
        return False
    command = [sys.executable, "-P", "-m", "scraper", "install-browser"]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own command


@contextmanager
def ready_chromium(name: str, driver: Driver) -> Iterator[None]:
    """Keep the Chromium of the named account ready during the block, unless it would show a window.

    `chromium_for` uses it if the settings are still the same. Raise AurionError.
    """
    config = Config.from_environment()
    account = job_for_account(name, config).account
    if not account.headless:
        yield
        return
    with chromium_for([account], driver, Silent(), config) as chromium:
        _READY.append(chromium)
        yield
