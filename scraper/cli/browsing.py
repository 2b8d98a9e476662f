"""Playwright's driver, started first: what else a run needs is imported meanwhile, a quarter of its time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scraper.portal.browser import Driver

MEANWHILE = (
    "scraper.outputs",
    "scraper.accounts",
    "scraper.school_check",
    "scraper.account",
    "scraper.chromium",
    "scraper.export",
    "scraper.ical.components",
    "scraper.cli.summary",
)
"""In the order in which they are needed."""


@contextmanager
def driver() -> "Iterator[Driver]":
    """The driver, stopped at the end."""
    from scraper.portal.browser import started_driver

    threading.Thread(target=_import, daemon=True).start()
    with started_driver() as started:
        yield started


def _import() -> None:
    for name in MEANWHILE:
        import_module(name)
