"""Start of Playwright's driver before the command itself, while the other modules of a run are imported."""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from scraper.domain.progress import WAIT
from scraper.errors import AurionError
from scraper.i18n import catalogue, language_of
from scraper.system.interruptions import answer_interruptions

if TYPE_CHECKING:
    from scraper.portal.driver import Driver

PATIENCE = 0.0005
"""The interpreter's thread switch interval in seconds: imports must not delay the driver's many short answers."""
WITHOUT_BROWSER = frozenset({"-h", "--help", "--explain", "--unattended"})
"""Options of exports that need no driver, or start one in a child process."""
MEANWHILE = (
    "scraper.cli.app",
    "scraper.cli.commands.export",
    "scraper.cli.select_jobs",
    "scraper.config.outputs",
    "scraper.config.accounts",
    "scraper.config.schools.schema",
    "scraper.config.portal_account",
    "scraper.cli.launch_chromium",
    "scraper.system.run_history",
    "scraper.export",
    "scraper.ical.event",
    "scraper.publishing.feed_calendars",
    "scraper.sinks.stdout",
    "babel.dates",
    "scraper.cli.summary",
)
"""The modules to import, in the order in which a run needs them."""


def run_with_driver(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; an export's driver starts while its modules are imported."""
    answer_interruptions()
    with preload_driver(arguments) as started:
        if WAIT in os.environ:
            from scraper.cli.run_ordered import run_ordered

            return run_ordered(arguments, started)
        from scraper.cli.app import run_command_line

        return run_command_line(arguments, started)


@contextmanager
def preload_driver(arguments: "Sequence[str]") -> "Iterator[Driver | AurionError | None]":
    """Start the driver for an export, before its arguments are parsed; yield None for other commands.

    If it does not start, yield the error, which the export raises when it needs the driver.
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
    """Yield a driver: start one and stop it at the end, or use the `started` one as is. Raise BrowserMissing."""
    if isinstance(started, AurionError):
        raise started
    if started is not None:
        yield started
        return
    sys.setswitchinterval(PATIENCE)
    from scraper.portal.driver import start_driver

    threading.Thread(target=_import, daemon=True).start()
    with start_driver() as made:
        yield made


def _import() -> None:
    catalogue(language_of(os.environ), "")
    for name in MEANWHILE:
        import_module(name)
