"""Cache of a file's last valid content, reloaded on change."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from scraper.system.files import write_private

_T = TypeVar("_T")


class LastGood(Generic[_T]):
    """The last valid content of a file, as parsed by `read(bytes, modification time in seconds, last value)`.

    `read` returns None for invalid bytes: then, and where the file is missing, the last value stays. A copy of the
    last valid bytes is kept at `spare` and read where the program starts while the file is invalid.
    """

    def __init__(
        self, path: Path, read: Callable[[bytes, float, _T | None], _T | None], spare: Path | None = None
    ) -> None:
        self._path, self._read, self._spare = path, read, spare
        self._stamp: tuple[int, int, int] | None = None
        self._value: _T | None = None

    def get(self) -> _T | None:
        """Return the last valid value; None where there never was one."""
        with suppress(OSError):
            if _stamp(self._path.stat()) != self._stamp:
                body, status = _read_with_status(self._path)
                value = self._read(body, status.st_mtime, self._value)
                self._stamp = _stamp(status)
                if value is not None:
                    self._value = value
                    self._keep(body, status.st_mtime)
        if self._value is None and self._spare:
            with suppress(OSError):
                body, status = _read_with_status(self._spare)
                self._value = self._read(body, status.st_mtime, None)
        return self._value

    def _keep(self, body: bytes, at: float) -> None:
        """Write the copy where it differs; a full disk does not prevent reading."""
        with suppress(OSError):
            if self._spare and not (self._spare.exists() and self._spare.read_bytes() == body):
                write_private(self._spare, body)
                os.utime(self._spare, (at, at))


def _read_with_status(path: Path) -> tuple[bytes, os.stat_result]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        return file.read(), status


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size
