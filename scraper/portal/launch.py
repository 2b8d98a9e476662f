"""Start of a browser by the driver, in its sandbox, with the reason where it fails."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright

from scraper.errors import BrowserMissing
from scraper.portal.launch_errors import launch_error
from scraper.system.find_browser import CHANNELS, has_screen
from scraper.system.platforms import runs_as_root

PATIENCE = (8, 52)
"""Seconds of the first and of the second attempt: a browser's output is known only when an attempt ends."""


def launch(
    driver: Playwright,
    path: Path,
    switches: Sequence[str],
    *,
    headless: bool,
    sandbox: bool,
    environment: Mapping[str, str | float | bool] | None = None,
) -> Browser:
    """Start the browser at `path`, or of a channel. Raise BrowserMissing with the reason where it does not start.

    `environment` are its process's variables, by default this process's. `sandbox` has no effect for root, for which
    Chromium has none.
    """
    if not headless and not has_screen():
        raise BrowserMissing("screen")
    reason = BrowserMissing("none")
    channel = str(path) if path in CHANNELS else None
    for seconds in PATIENCE:
        try:
            return driver.chromium.launch(
                channel=channel, executable_path=None if channel else path, headless=headless, args=switches,
                chromium_sandbox=sandbox and not runs_as_root(), handle_sigint=False, handle_sigterm=False,
                handle_sighup=False, timeout=seconds * 1000, env=dict(environment) if environment else None,
            )  # fmt: skip
        except Error as error:
            if "Chromium distribution" in error.message:  # the channel's browser is not installed
                break
            reason = launch_error(path, error.message, sum(PATIENCE))
        if reason.reason != "slow":
            break
    raise reason
