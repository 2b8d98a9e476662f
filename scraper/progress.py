"""What a run tells while it goes on: its steps, each a key of the words under `steps`."""

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, TextIO

from scraper.words import Words

CHILD = "AURION_CHILD"
"""Set for an export that another run started: that one remembers what became of it, and is told the steps."""
PICTURES = "AURION_PICTURES"
"""A folder where who started an export asks for a picture of the portal's page, by an empty file, and finds it."""
WANTED, PICTURE = "wanted", "picture.png"


class Progress(Protocol):
    """Told of each step."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """A step that goes on while the block does; it ended well where the block raises nothing."""


class Silent:
    """Says nothing."""

    def step(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        """A block without a word."""
        return nullcontext()


class Lines:
    """One line a step with its time, written when it has ended; for pipes and logs. A step again is not told again."""

    def __init__(self, words: Words, stream: TextIO) -> None:
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

    def __init__(self, words: Words, stream: TextIO) -> None:
        from scraper.console import console_on

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


def progress_on(stream: TextIO, words: Words) -> Progress:
    """Drawn where the stream is a terminal, else lines."""
    return Drawn(words, stream) if stream.isatty() else Lines(words, stream)


def say(stream: TextIO, text: str) -> None:
    """Writes it now. Where nobody reads on, or no more can be kept, what is told is lost from here on, not the work."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
