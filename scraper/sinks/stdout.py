"""Standard output as a calendar destination."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from scraper.errors import StandardOutputUnavailable
from scraper.sinks.sink import write_all
from scraper.system.file_access import why_unwritable
from scraper.system.os_errors import translate_os_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSink:
    """An open binary stream; None if standard output was already closed when the program started."""

    stream: BinaryIO | None
    name: str = "-"
    locally_modified: ClassVar[tuple[str, ...]] = ()
    shortened: ClassVar[tuple[str, ...]] = ()

    def check(self) -> None:
        """Raise StandardOutputUnavailable if the stream is known to be unwritable; write nothing."""
        stream = self._open()
        with suppress(OSError, ValueError):  # an in-memory stream has no file descriptor
            if reason := why_unwritable(stream.fileno()):
                raise StandardOutputUnavailable(reason, path=self.name)

    def current(self) -> None:
        """Return None: written output cannot be read back."""

    def deliver(self, body: bytes) -> bool:
        """Write the bytes; always return True. Raise SinkUnavailable if the reader is gone or the disk is full.

        The bytes bypass the buffer: it would retry a failed write, and fail again, at the program's end.
        """
        stream = self._open()
        with translate_os_errors(self.name):
            stream.flush()
            write_all(body, getattr(stream, "raw", stream))
        return True

    def _open(self) -> BinaryIO:
        if self.stream is None or self.stream.closed:
            raise StandardOutputUnavailable("closed", path=self.name)
        return self.stream


def standard_output() -> StreamSink:
    """Return the sink for `-`."""
    open_at_start = sys.__stdout__ is not None  # a replacement by the command has no reader
    return StreamSink(stream=getattr(sys.stdout, "buffer", None) if open_at_start else None)
