"""Progress of a run: its steps, each a key of the catalogue under `steps`."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

CHILD = "AURION_CHILD"
"""The variable set for an export in a child process: the parent records the run and receives the steps."""
WAIT = "AURION_WAIT"
"""The variable set for a child process that starts its browser and then waits for an order."""
PICTURES = "AURION_PICTURES"
"""The variable with the folder for live screenshots: the parent creates the file WANTED, the child writes PICTURE."""
WANTED, PICTURE = "wanted", "picture.png"


class Progress(Protocol):
    """A receiver of the steps."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Report a step while the block runs; it succeeded where the block raises nothing."""


class Silent:
    """A receiver that ignores the steps."""

    def step(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        """Report nothing."""
        return nullcontext()
