"""The interface of every calendar destination."""

import errno
import os
from io import RawIOBase
from typing import BinaryIO, Protocol


def do_nothing() -> None:
    """Do nothing: the default of a callback."""


class Sink(Protocol):
    """A destination that a calendar is delivered to."""

    @property
    def name(self) -> str:
        """The user's name for it: a path, an address or `-`."""

    @property
    def locally_modified(self) -> tuple[str, ...]:
        """UIDs of events edited at the destination since the last delivery."""

    @property
    def shortened(self) -> tuple[str, ...]:
        """UIDs of events of the last delivery with texts that were cut at the destination's limits."""

    def check(self) -> None:
        """Raise DeliveryError if a delivery would fail; change nothing."""

    def current(self) -> bytes | None:
        """Return the current content, None if it cannot be read back. Raise DeliveryError."""

    def deliver(self, body: bytes) -> bool:
        """Deliver the calendar; return False if the destination already has exactly these bytes.

        Raise DeliveryError; the old calendar is then unchanged. Where events are stored separately, each of them is
        either the old or the new version.
        """


def write_all(body: bytes, stream: RawIOBase | BinaryIO) -> None:
    """Write all bytes, also where the unbuffered stream accepts only a few at a time. Raise OSError."""
    rest = memoryview(body)
    while rest:
        taken = stream.write(rest)
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[taken:]
