"""Waiting for what another thread or process does."""

from collections.abc import Callable
from time import monotonic, sleep

LONGEST = 40.0


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    """Wait until the condition is true; fail after forty seconds."""
    until = monotonic() + LONGEST
    while not condition():
        assert monotonic() < until, what
        sleep(0.02)
