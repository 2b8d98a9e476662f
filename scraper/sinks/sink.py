"""What every place for a calendar can do, and how the system's complaints become ours."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable


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


def pour(body: bytes, stream: Unbuffered) -> None:
    """Write all the bytes, however few the stream takes at a time. Raises OSError."""
    rest = memoryview(body)
    while rest:
        taken = stream.write(rest)
        if taken is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[taken:]


REFUSALS = {
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EROFS: "forbidden",
    errno.EISDIR: "is-folder",
    errno.ENOTDIR: "not-a-folder",
    errno.ENAMETOOLONG: "bad-name",
}
SHORTAGES = {
    errno.ENOENT: "no-folder",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EPIPE: "closed",
}


def complaint(error: OSError, path: str) -> DeliveryError:
    """What an operating system's error means for a delivery to `path`."""
    if error.errno in REFUSALS:
        return SinkRefused(REFUSALS[error.errno], path=path)
    if error.errno in SHORTAGES:
        return SinkUnavailable(SHORTAGES[error.errno], path=path)
    return SinkUnavailable("os", path=path, said=error.strerror or type(error).__name__)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise the system's errors as ours: SinkUnavailable or SinkRefused.

    A name that the system cannot even be asked about (it holds a NUL) is refused like one that is too long.
    """
    try:
        yield
    except OSError as error:
        raise complaint(error, path) from error
    except ValueError as error:
        raise SinkRefused("bad-name", path=path) from error
