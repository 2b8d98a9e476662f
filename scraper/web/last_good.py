"""A file as it was last well: what is read anew when it changes, and kept where it then cannot be read or believed."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


class LastGood(Generic[T]):
    """What `read` makes of the file's bytes, its modification time (seconds) and what it was before.

    `read` gives None for bytes that are not to be believed: then, and where there is no file, it stays as it was.
    """

    def __init__(self, path: Path, read: Callable[[bytes, float, T | None], T | None]) -> None:
        self._path, self._read = path, read
        self._seen: tuple[int, int, int] | None = None
        self._value: T | None = None

    def get(self) -> T | None:
        """What it is now; None where it never was well."""
        try:
            if _mark(self._path.stat()) != self._seen:
                with self._path.open("rb") as file:
                    status = os.fstat(file.fileno())
                    value = self._read(file.read(), status.st_mtime, self._value)
                self._seen = _mark(status)
                self._value = self._value if value is None else value
        except OSError:
            pass
        return self._value


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size
