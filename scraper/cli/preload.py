"""Playwright's driver, started first, before the command itself: what else a run needs is imported meanwhile."""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from scraper.errors import AurionError
from scraper.i18n import catalogue, language_of

if TYPE_CHECKING:
    from scraper.portal.browser import Driver

PATIENCE = 0.0005
"""Seconds for which one thread keeps the interpreter: the driver's answers are many and short, and imports long."""
WITHOUT_BROWSER = frozenset({"-h", "--help", "--explain", "--unattended"})
"""Exports with these need no driver, or start one in a process of their own."""
MEANWHILE = (
    "scraper.cli.app",
    "scraper.cli.commands.export",
    "scraper.config.outputs",
    "scraper.config.accounts",
    "scraper.config.schools.schema",
    "scraper.config.account",
    "scraper.cli.launch",
    "scraper.system.run_history",
    "scraper.export",
    "scraper.ical.event",
    "scraper.publishing.feeds.publish",
    "scraper.sinks.stdout",
    "scraper.cli.summary",
)
"""In the order in which they are needed."""


@contextmanager
def begun(arguments: "Sequence[str]") -> "Iterator[Driver | AurionError | None]":
    """The driver for an export, before what the arguments say in full is known; None for all else.

    Where it does not start, what that means: the export itself says so, if it comes so far.
    """
    if arguments[:1] != ["export"] or not WITHOUT_BROWSER.isdisjoint(arguments):
        yield None
        return
    with ExitStack() as stack:
        started: Driver | AurionError
        try:
            started = stack.enter_context(driver())
        except AurionError as error:
            started = error
        yield started


@contextmanager
def driver(started: "Driver | AurionError | None" = None) -> "Iterator[Driver]":
    """The driver, stopped at the end; one that has begun is its beginner's to stop. Raises BrowserMissing."""
    if isinstance(started, AurionError):
        raise started
    if started is not None:
        yield started
        return
    sys.setswitchinterval(PATIENCE)
    from scraper.portal.browser import started_driver

    threading.Thread(target=_import, daemon=True).start()
    with started_driver() as made:
        yield made


def _import() -> None:
    catalogue(language_of(os.environ))
    for name in MEANWHILE:
        import_module(name)
