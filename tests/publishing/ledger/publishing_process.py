"""A process that publishes a planning and stops before each step, until the test lets it go on."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from scraper.errors import AurionError
from scraper.publishing.ledger import tables
from tests.processes import CONTEXT, new_process
from tests.publishing.ledger import publishing

LOCKED_STEPS = ("comparing", "writing")
"""The steps that are done while the ledger is locked."""
STEP, END = "step", "end"
"""Messages of the test: do one step; do all the rest."""
LONGEST_WAIT = 60
"""Seconds after which a process that does not end is a failure."""


class PublishingProcess:
    """A process that publishes, and goes on when it is asked to."""

    def __init__(self, folder: Path, version: str, day: int, patience: float = tables.PATIENCE) -> None:
        self.connection, other = CONTEXT.Pipe()
        self.process = new_process(_publish, other, folder, version, day, patience)
        self.process.start()
        other.close()
        self.reach("reading")

    def reach(self, step: str) -> None:
        """Go on until the process is before that step."""
        while (step_now := self.next_word()) != step:
            assert step_now in ("reading", *LOCKED_STEPS)
            self.go_on()

    def next_word(self) -> str:
        """Return the next step, or the result."""
        assert self.connection.poll(LONGEST_WAIT)
        return str(self.connection.recv())

    def go_on(self, steps: int = 1) -> None:
        """Let the process do so many steps."""
        for _ in range(steps):
            self.connection.send(STEP)

    def is_waiting(self, seconds: float) -> bool:
        """Return whether the process reaches no step within these seconds."""
        return not self.connection.poll(seconds)

    def end(self) -> str:
        """Let the process do all the rest; return its result."""
        self.connection.send(END)
        words = []
        with suppress(EOFError):
            while self.connection.poll(LONGEST_WAIT):
                words.append(str(self.connection.recv()))
        self.process.join(LONGEST_WAIT)
        assert self.process.exitcode == 0
        return words[-1]

    def kill(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.join()


class _StepByStep:
    """Progress that waits for the test before each step."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_free = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Report the step and wait."""
        self.connection.send(name)
        self.wait()
        yield

    def wait(self) -> None:
        """Wait for the next message, unless the test has let the process do all the rest."""
        self.is_free = self.is_free or self.connection.recv() == END


def _publish(connection: Connection, folder: Path, version: str, day: int, patience: float) -> None:
    tables.PATIENCE = patience
    progress = _StepByStep(connection)
    try:
        publishing.published(folder, version, day, progress)
    except AurionError as error:
        connection.send(type(error).__name__)
    else:
        connection.send("done")
    while not progress.is_free:
        progress.wait()
