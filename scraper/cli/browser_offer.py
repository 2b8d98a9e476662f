"""The offer to install a browser where there is none."""

import subprocess
import sys

from scraper.cli.answers import can_ask
from scraper.cli.prompts import confirm
from scraper.errors import BrowserMissing
from scraper.i18n import Catalogue


def is_installed_now(error: BrowserMissing, words: Catalogue) -> bool:
    """Return whether the error was that there is no browser, and the user has accepted to install one.

    It is installed in a process of its own: a driver already runs in this one.
    """
    if error.reason != "none" or not can_ask() or not confirm(words("browser.offer"), words):
        return False
    command = [sys.executable, "-P", "-m", "scraper", "install-browser"]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own command
