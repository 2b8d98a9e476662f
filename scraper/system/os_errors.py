"""Translate errors of the operating system: of a destination, a file of this program, or a connection."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable, StandardOutputUnavailable, StateError
from scraper.system.files import TEMPORARY

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
    errno.ENXIO: "closed",
}


def to_delivery_error(error: OSError, path: str) -> DeliveryError:
    """Return the delivery error for a system error at `path`; `-` is standard output."""
    message = error.strerror or type(error).__name__
    if path == "-":
        return StandardOutputUnavailable(SHORTAGES.get(error.errno or 0, "os"), path=path, detail=message)
    if error.errno in REFUSALS:
        return SinkRefused(REFUSALS[error.errno], path=path)
    if error.errno == errno.ENOENT:
        folder = os.path.dirname(os.path.realpath(path))  # noqa: PTH120 - Path refuses a NUL
        if os.path.isdir(folder):  # noqa: PTH112 - as /proc, where the system permits no new file
            return SinkRefused("forbidden", path=path)
        return SinkUnavailable("no-folder", path=folder)
    if error.errno in SHORTAGES:
        return SinkUnavailable(SHORTAGES[error.errno], path=path)
    return SinkUnavailable("os", path=path, detail=message)


def to_state_error(error: OSError, path: str) -> StateError:
    """Return the StateError for a system error at a file of this program."""
    reason = REFUSALS.get(error.errno or 0) or SHORTAGES.get(error.errno or 0, "os")
    if reason == "forbidden" and sys.platform == "win32":
        reason = "in-use"
    named = str(error.filename2 or error.filename or "")
    shown = path if TEMPORARY.fullmatch(os.path.basename(named)) else named or path  # noqa: PTH119 - any text
    return StateError(reason, path=shown, detail=error.strerror or type(error).__name__)


def connection_cause(error: object) -> str:
    """Return OpenSSL's or the system's sentence about a failed connection; the error's name where there is none."""
    return getattr(error, "verify_message", "") or getattr(error, "strerror", "") or type(error).__name__


@contextmanager
def translate_os_errors(path: str) -> Iterator[None]:
    """Raise system errors in the block as SinkUnavailable or SinkRefused.

    A path with a NUL raises ValueError in Python; it is refused like a name that is too long.
    """
    try:
        yield
    except OSError as error:
        raise to_delivery_error(error, path) from error
    except ValueError as error:
        raise SinkRefused("bad-name", path=path) from error


@contextmanager
def translate_state_errors(path: str) -> Iterator[None]:
    """Raise system errors in the block, about a file of this program, as StateError."""
    try:
        yield
    except OSError as error:
        raise to_state_error(error, path) from error
