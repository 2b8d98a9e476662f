"""What a run tells while it goes on: its steps, each a key of the words under `steps`."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

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
