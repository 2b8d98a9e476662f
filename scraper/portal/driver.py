"""Playwright's driver: a process of its own, without the variables that hold secrets.

Kept apart from the browser, because an export starts its driver before it imports anything else.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path
from tempfile import TemporaryFile

from playwright.sync_api import Error, Playwright, sync_playwright

from scraper.errors import BrowserMissing
from scraper.portal.launch_errors import clean_message, find_missing_library, last_line, shorten
from scraper.system.environment import KEPT_FROM_CHILDREN
from scraper.system.files import private_folder
from scraper.system.paths import cache_folder
from scraper.system.scratch import VARIABLE, scratch_folder

COMPILED = "NODE_COMPILE_CACHE"
"""A variable for Node's compile cache: compiling the driver's own code takes a third of its start."""
Driver = Playwright
"""Playwright's driver, a process of its own."""


@contextmanager
def _environment_of_driver() -> Iterator[None]:
    """Hide the variables that hold secrets during the block, and set Node's compile cache."""
    before = dict(os.environ)
    for name in KEPT_FROM_CHILDREN:
        os.environ.pop(name, None)
    with suppress(OSError):
        private_folder(cache_folder())
        os.environ.setdefault(COMPILED, str(cache_folder() / "driver"))
    try:
        yield
    finally:
        os.environ.pop(COMPILED, None)
        os.environ.update(before)


@contextmanager
def _temporary_files_in(scratch: Path | None) -> Iterator[None]:
    """Set the folder for temporary files of the driver and its browsers, which inherit the variables."""
    before = os.environ.get(VARIABLE)
    if scratch:
        os.environ[VARIABLE] = str(scratch)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before


@contextmanager
def start_driver() -> Iterator[Driver]:
    """Yield Playwright's driver, started without the variables that hold secrets, and stop it at the end.

    Raise BrowserMissing where it does not start: "driver-package" or "driver-library" where a library is missing, else
    "driver". The driver's own output is not shown.
    """
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it would print a traceback when the driver ends
    with scratch_folder() as scratch, _temporary_files_in(scratch):
        with _environment_of_driver(), TemporaryFile("w+", encoding="utf-8", errors="replace") as written:
            try:
                with redirect_stderr(written):
                    driver = sync_playwright().start()
            except Exception as error:  # noqa: BLE001 - the cause can be anything on this machine
                written.seek(0)
                raise _no_driver(written.read(), str(error)) from None
        try:
            yield driver
        finally:
            with suppress(Error):
                driver.stop()


def _no_driver(written: str, error: str) -> BrowserMissing:
    """Return why the driver did not start, from its output, else from Playwright's error."""
    if missing := find_missing_library(written):
        return BrowserMissing("driver-package" if missing["package"] else "driver-library", **missing)
    return BrowserMissing(
        "driver", detail=last_line(written.splitlines()) or shorten(clean_message(error.partition("\n")[0]))
    )
