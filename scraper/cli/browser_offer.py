"""The offer to install a browser where there is none."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scraper.cli.options import can_ask
from scraper.cli.prompts import confirm
from scraper.errors import BrowserMissing
from scraper.i18n import Catalogue, language_of
from scraper.portal.find_browser import find_browsers


def find_or_offer(given: Path | None = None, *, windowed: bool = False) -> Sequence[Path]:
    """Return the browsers to try; where there is none, ask on a terminal whether to install one. Raise BrowserMissing.

    It is installed in a process of its own: a driver may already run in this one.
    """
    try:
        return find_browsers(given, windowed=windowed)
    except BrowserMissing as error:
        words = Catalogue(language_of(os.environ))
        if error.reason != "none" or not can_ask() or not confirm(words("browser.offer"), words):
            raise
    subprocess.run([sys.executable, "-P", "-m", "scraper", "install-browser"], check=False)
    return find_browsers(given, windowed=windowed)
