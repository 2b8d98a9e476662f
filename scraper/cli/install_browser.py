"""`aurion install-browser`: finds a Chromium or gets one."""

import os

from scraper.portal.chromium import get_browser
from scraper.words import Words, language_of


def install_browser() -> None:
    """Says on standard output which browser is used; gets one where there is none. Raises BrowserMissing."""
    from rich.console import Console

    words = Words(language_of(os.environ))
    told = Console(stderr=True, highlight=False, soft_wrap=True)
    path = get_browser(lambda key: told.print(words(key), markup=False))
    Console(highlight=False, soft_wrap=True).print(words("browser.found", path=path), markup=False)
