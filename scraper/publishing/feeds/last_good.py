"""A file as it was last well: what is read anew when it changes, and kept where it then cannot be read or believed."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from scraper.system.files import write_private

T = TypeVar("T")


class LastGood(Generic[T]):
    """What `read` makes of the file's bytes, its modification time (seconds) and what it was before.

    `read` gives None for bytes that are not to be believed: then, and where there is no file, it stays as it was. A
    copy of what was well is kept at `spare`, for a start with a file that is not.
    """

    def __init__(
        self, path: Path, read: Callable[[bytes, float, T | None], T | None], spare: Path | None = None
    ) -> None:
        self._path, self._read, self._spare = path, read, spare
        self._seen: tuple[int, int, int] | None = None
        self._value: T | None = None

    def get(self) -> T | None:
        """What it is now; None where it never was well."""
        with suppress(OSError):
            if _mark(self._path.stat()) != self._seen:
                body, status = _bytes_of(self._path)
                value = self._read(body, status.st_mtime, self._value)
                self._seen = _mark(status)
                if value is not None:
                    self._value = value
                    self._keep(body, status.st_mtime)
        if self._value is None and self._spare:
            with suppress(OSError):
                body, status = _bytes_of(self._spare)
                self._value = self._read(body, status.st_mtime, None)
        return self._value

    def _keep(self, body: bytes, at: float) -> None:
        """The copy, where it is not there yet; a disk that is full keeps nobody from reading."""
        with suppress(OSError):
            if self._spare and not (self._spare.exists() and self._spare.read_bytes() == body):
                write_private(self._spare, body)
                os.utime(self._spare, (at, at))


def _bytes_of(path: Path) -> tuple[bytes, os.stat_result]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        return file.read(), status


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size
