"""`aurion install-browser`: find a browser that starts, or install one."""

import sys

from scraper.cli.output import user_words, write_line, write_text
from scraper.config.configuration import Config
from scraper.config.settings.model import Settings
from scraper.errors import SettingsError


def install_browser() -> None:
    """Print the browser that exports will use; install one if none starts. Raise BrowserMissing."""
    from scraper.portal.browser_setup import set_up_browser, starter

    words = user_words()

    def report(key: str, /, **facts: object) -> None:
        write_text(sys.stderr, f"{words(key, **facts)}\n")

    try:
        settings = Config.from_environment().settings()
    except SettingsError:  # a run reports it; the browser can be installed anyway
        settings = Settings()
    path = set_up_browser(report, starter(sandbox=settings.sandbox), settings.browser)
    write_line(words("browser.found", path=path))
