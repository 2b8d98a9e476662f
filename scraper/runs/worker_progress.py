"""Progress of a run, reported by one process to another."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from scraper.domain.progress import CHILD


class Steps:
    """Progress for the parent process: one line when a step starts, and one with its seconds when it succeeds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Report the start and the success of a step."""
        started = time.monotonic()
        self._report(name)
        yield
        self._report(f"{name} {time.monotonic() - started:.2f}")

    def _report(self, text: str) -> None:
        self._stream.write(f"{CHILD} {text}\n")
        self._stream.flush()
