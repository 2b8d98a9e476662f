"""What every place for a calendar can do."""

import errno
import os
from typing import Protocol


class Sink(Protocol):
    """A place that a calendar is delivered to."""

    @property
    def name(self) -> str:
        """What a person calls it: a path, or `-`."""

    @property
    def left(self) -> tuple[str, ...]:
        """The UIDs of the events that stand there otherwise than delivered, as somebody changed them by hand."""

    def check(self) -> None:
        """Raise now what would make a delivery impossible, and change nothing. Raises DeliveryError."""

    def current(self) -> bytes | None:
        """What stands there now; None where nothing can be read back. Raises DeliveryError."""

    def deliver(self, body: bytes) -> bool:
        """Put the calendar there; False where the very same bytes were there already.

        Raises DeliveryError; what was there is then as it was, where events stand alone each of them or its new self.
        """


class Unbuffered(Protocol):
    """What takes bytes and tells how many it took, or None when it can take none now (`io.RawIOBase`)."""

    def write(self, body: memoryview, /) -> int | None:
        """Write some of the bytes."""


def write_all(body: bytes, stream: Unbuffered) -> None:
    """Write all the bytes, however few the stream takes at a time. Raises OSError."""
    rest = memoryview(body)
    while rest:
        taken = stream.write(rest)
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[taken:]
