"""An export in a process that the page started in advance: its browser is ready when the order comes."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from scraper.cli.app import run_command_line
from scraper.cli.launch_chromium import ready_chromium
from scraper.domain.progress import WAIT
from scraper.errors import AurionError, ExitCode
from scraper.portal.driver import Driver

READY = "ready"
"""The line on standard error when the browser runs."""


def run_ordered(arguments: Sequence[str], driver: Driver | AurionError | None) -> int:
    """Start the browser of `export ACCOUNT`, wait for an order on standard input, run it, and return its exit code."""
    os.environ.pop(WAIT)
    with ExitStack() as stack:
        if driver and not isinstance(driver, AurionError):
            with suppress(AurionError):  # the export reports the same error
                stack.enter_context(ready_chromium(arguments[-1], driver))
        sys.stderr.write(f"{READY}\n")
        sys.stderr.flush()
        if not (line := sys.stdin.buffer.readline()):
            return ExitCode.OK
        order = json.loads(line)
        os.environ.update(order["environment"])
        return run_command_line(order["arguments"], driver)
