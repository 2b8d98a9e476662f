"""A browser started by the driver, in its sandbox; or the reason why it does not start."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright

from scraper.errors import BrowserMissing
from scraper.portal.find_browser import has_screen, runs_as_root
from scraper.portal.launch_errors import why_not_started

PATIENCE = (8, 52)
"""Seconds of the first attempt and of the second: what a browser wrote is only known when an attempt ends."""


def launch(
    driver: Playwright,
    path: Path,
    switches: Sequence[str],
    *,
    headless: bool,
    sandbox: bool,
    environment: Mapping[str, str | float | bool] | None = None,
) -> Browser:
    """Start the browser at `path`. Raises BrowserMissing, named after what keeps it from starting.

    `environment` is that of its process, ours unless given. It has its sandbox unless `sandbox` is off or root runs it:
    Chromium has none for root.
    """
    if not headless and not has_screen():
        raise BrowserMissing("screen")
    reason = BrowserMissing("none")
    for seconds in PATIENCE:
        try:
            return driver.chromium.launch(
                executable_path=path, headless=headless, args=switches, chromium_sandbox=sandbox and not runs_as_root(),
                handle_sigint=False, handle_sigterm=False, handle_sighup=False, timeout=seconds * 1000,
                env=dict(environment) if environment else None,
            )  # fmt: skip
        except Error as error:
            reason = why_not_started(path, error.message, sum(PATIENCE))
        if reason.reason != "slow":
            break
    raise reason
