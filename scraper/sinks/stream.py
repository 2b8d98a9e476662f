"""A calendar on standard output."""

import sys
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from scraper.errors import SinkUnavailable
from scraper.sinks.sink import pour, translated


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSink:
    """An open binary stream; None where there is none (standard output was closed before we began)."""

    stream: BinaryIO | None
    name: str = "-"
    left: ClassVar[tuple[str, ...]] = ()

    def check(self) -> None:
        """Raise SinkUnavailable where nothing can be written any more."""
        self._open()

    def current(self) -> None:
        """Nothing: what was written is gone."""

    def deliver(self, body: bytes) -> bool:
        """Write the bytes; always True. Raises SinkUnavailable when the reader is gone or the disk full.

        Beneath the buffer: what that cannot write it would try again, and fail again, at the program's end.
        """
        stream = self._open()
        with translated(self.name):
            stream.flush()
            pour(body, getattr(stream, "raw", stream))
        return True

    def _open(self) -> BinaryIO:
        if self.stream is None or self.stream.closed:
            raise SinkUnavailable("closed", path=self.name)
        return self.stream


def standard_output() -> StreamSink:
    """The sink behind `-`."""
    open_at_start = sys.__stdout__ is not None  # what the command put in its place is read by nobody
    return StreamSink(stream=getattr(sys.stdout, "buffer", None) if open_at_start else None)
