"""A calendar on standard output."""

import os
import select
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, ClassVar

from scraper.errors import StandardOutputUnavailable
from scraper.sinks.sink import write_all
from scraper.system.os_errors import translate_os_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSink:
    """An open binary stream; None where there is none (standard output was closed before we began)."""

    stream: BinaryIO | None
    name: str = "-"
    left: ClassVar[tuple[str, ...]] = ()

    def check(self) -> None:
        """Raise StandardOutputUnavailable where it can be seen now that nothing can be written; write nothing."""
        stream = self._open()
        with suppress(OSError, ValueError):  # a stream in memory has no number
            if reason := _hindrance(stream.fileno()):
                raise StandardOutputUnavailable(reason, path=self.name)

    def current(self) -> None:
        """Nothing: what was written is gone."""

    def deliver(self, body: bytes) -> bool:
        """Write the bytes; always True. Raises SinkUnavailable when the reader is gone or the disk full.

        Beneath the buffer: what that cannot write it would try again, and fail again, at the program's end.
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


def _hindrance(descriptor: int) -> str:
    """Why nothing can be written there: its reader is gone, or its disk is full; empty where nothing shows."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) and hasattr(os, "fstatvfs"):
        disk = os.fstatvfs(descriptor)
        room = disk.f_bfree if os.geteuid() == 0 else disk.f_bavail
        return "full" if disk.f_blocks and not room else ""
    if stat.S_ISFIFO(mode) and hasattr(select, "poll"):
        waiting = select.poll()
        waiting.register(descriptor, 0)
        return "closed" if any(event & select.POLLERR for _, event in waiting.poll(0)) else ""
    return ""


def standard_output() -> StreamSink:
    """The sink behind `-`."""
    open_at_start = sys.__stdout__ is not None  # what the command put in its place is read by nobody
    return StreamSink(stream=getattr(sys.stdout, "buffer", None) if open_at_start else None)
