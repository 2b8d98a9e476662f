"""The steps of a run at a terminal or in a log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from scraper.cli.output import say
from scraper.domain.progress import Progress
from scraper.i18n import Catalogue


class Lines:
    """One line a step with its time, written when it has ended; for pipes and logs. A step again is not told again."""

    def __init__(self, words: Catalogue, stream: TextIO) -> None:
        self._words = words
        self._stream = stream
        self._told: set[str] = set()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step, told at its end."""
        began = time.monotonic()
        yield
        if name not in self._told:
            self._told.add(name)
            say(self._stream, f"{self._words(f'steps.{name}')}  {time.monotonic() - began:.1f} s\n")


class Drawn:
    """One line a step, moving while it goes on; for a terminal. A step again only moves."""

    def __init__(self, words: Catalogue, stream: TextIO) -> None:
        from scraper.cli.console import console_on

        self._words = words
        self._console = console_on(stream)
        self._told: set[str] = set()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step, drawn as it goes on."""
        told, began = self._words(f"steps.{name}"), time.monotonic()
        with self._console.status(self._words(f"steps_running.{name}")):
            yield
        if name not in self._told:
            self._told.add(name)
            self._console.print(f"[green]✓[/] {told}  [dim]{time.monotonic() - began:.1f} s[/]")


def progress_on(stream: TextIO, words: Catalogue) -> Progress:
    """Drawn where the stream is a terminal, else lines."""
    return Drawn(words, stream) if stream.isatty() else Lines(words, stream)
