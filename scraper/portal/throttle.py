"""Requests to the portal that wait for their time, because the school allows only so many in an hour."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page

from scraper.errors import AurionError

Throttle = Callable[[], float]
"""A function that reserves the next exchange with the portal and returns the seconds until it may start.

Where it raises AurionError, the exchange fails.
"""
EXCHANGES = ("Document", "XHR", "Fetch")
"""The types of resources that the portal computes; the others are files, which it gives away without work."""


def hold_requests(page: Page, host: str, throttle: Throttle) -> None:
    """Hold each document and XHR for the host until its time; a redirect is an exchange of its own.

    Playwright's own routes would disable the browser's cache and not see redirects.
    """
    browser = page.context.new_cdp_session(page)

    def release(request: dict[str, Any]) -> None:
        number = {"requestId": request["requestId"]}
        with suppress(Error):  # the page may be closed while its request waits
            try:
                if urlsplit(request["request"]["url"]).hostname == host and (seconds := throttle()) > 0:
                    page.wait_for_timeout(seconds * 1000)
            except AurionError:
                browser.send("Fetch.failRequest", {**number, "errorReason": "ConnectionRefused"})
            else:
                browser.send("Fetch.continueRequest", number)

    browser.on("Fetch.requestPaused", release)
    browser.send("Fetch.enable", {"patterns": [{"resourceType": one} for one in EXCHANGES]})
