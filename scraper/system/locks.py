"""Locks between processes, which the system releases when a process ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from scraper.errors import AnotherRun
from scraper.system.files import FILE, create_private
from scraper.system.os_errors import translate_state_errors


def private_lock(path: Path, patience: float) -> FileLock:
    """Return a lock and create its file, in an existing folder. Raise OSError."""
    create_private(path)
    return FileLock(path, timeout=patience, mode=FILE)


@contextmanager
def hold_lock(path: Path, patience: float, guarded: Path) -> Iterator[None]:
    """Hold the lock while the block runs; errors name the `guarded` file.

    Raise AnotherRun where it is not free within `patience` seconds, StateError where its file cannot be created.
    """
    with translate_state_errors(str(guarded)):
        lock = private_lock(path, patience)
        try:
            lock.acquire()
        except Timeout:
            raise AnotherRun(path=str(guarded)) from None
    try:
        yield
    finally:
        lock.release()
