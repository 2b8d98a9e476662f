"""The steps of a run, as one process reports them to another."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from scraper.domain.progress import CHILD


class Steps:
    """For an export that another run started: a line when a step begins, one with its seconds when it ended well."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step, told at both ends."""
        began = time.monotonic()
        self._tell(name)
        yield
        self._tell(f"{name} {time.monotonic() - began:.2f}")

    def _tell(self, told: str) -> None:
        self._stream.write(f"{CHILD} {told}\n")
        self._stream.flush()
