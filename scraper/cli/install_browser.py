"""`aurion install-browser`: finds a Chromium or gets one."""

import os
import sys

from scraper.portal.chromium import get_browser
from scraper.progress import say
from scraper.words import Words, language_of


def install_browser() -> None:
    """Says on standard output which browser is used; gets one where there is none. Raises BrowserMissing."""
    words = Words(language_of(os.environ))
    path = get_browser(lambda key: say(sys.stderr, f"{words(key)}\n"))
    sys.stdout.write(f"{words('browser.found', path=path)}\n")
