"""Progress of a run, for terminals and logs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from scraper.cli.output import write_text
from scraper.domain.progress import Progress
from scraper.i18n import Catalogue


class LineProgress:
    """One line per successful step, with its time; for pipes and logs. A repeated step has no second line."""

    def __init__(self, words: Catalogue, stream: TextIO) -> None:
        self._words = words
        self._stream = stream
        self._done: set[str] = set()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Write the step's line at its end."""
        started = time.monotonic()
        yield
        if name not in self._done:
            self._done.add(name)
            write_text(self._stream, f"{self._words(f'steps.{name}')}  {time.monotonic() - started:.1f} s\n")


class SpinnerProgress:
    """A spinner during a step, then a line with its time; for terminals. A repeated step has no second line."""

    def __init__(self, words: Catalogue, stream: TextIO) -> None:
        from scraper.cli.console import console_on

        self._words = words
        self._console = console_on(stream)
        self._done: set[str] = set()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show the spinner, then the step's line."""
        label, started = self._words(f"steps.{name}"), time.monotonic()
        with self._console.status(self._words(f"steps_running.{name}")):
            yield
        if name not in self._done:
            self._done.add(name)
            self._console.print(f"[green]✓[/] {label}  [dim]{time.monotonic() - started:.1f} s[/]")


def progress_on(stream: TextIO, words: Catalogue) -> Progress:
    """Return the progress output for a stream: spinners on a terminal, otherwise lines."""
    return SpinnerProgress(words, stream) if stream.isatty() else LineProgress(words, stream)
