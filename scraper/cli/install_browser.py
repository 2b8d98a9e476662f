"""`aurion install-browser`: finds a Chromium that starts, or gets one."""

import os

from scraper.errors import SettingsError
from scraper.words import Words, language_of


def install_browser() -> None:
    """Print which browser is used, on standard output; get one where none starts. Raises BrowserMissing."""
    from rich.console import Console

    from scraper.portal.browser_setup import set_up_browser, starter
    from scraper.settings.loading import load_settings
    from scraper.settings.model import Settings

    words = Words(language_of(os.environ))
    steps = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(key: str, /, **facts: object) -> None:
        steps.print(words(key, **facts), markup=False)

    try:
        settings = load_settings({}, os.environ)
    except SettingsError:  # a run reports it; the browser can be set up all the same
        settings = Settings()
    path = set_up_browser(say, starter(sandbox=settings.sandbox), settings.browser)
    Console(highlight=False, soft_wrap=True).print(words("browser.found", path=path), markup=False)
