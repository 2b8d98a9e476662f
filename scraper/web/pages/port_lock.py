"""A lock per port, so that two servers of one state folder do not serve the page on the same port."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from scraper.system.files import private_folder


@contextmanager
def hold_port(state: Path, port: int) -> Iterator[bool]:
    """Hold the port's lock; yield False where another process holds it.

    Nothing is locked for port 0 (any port), nor where the lock file cannot be written, as on a full disk.
    """
    lock = FileLock(state / "page" / f"served-{port}.lock", timeout=0, mode=0o600)
    is_free = True
    if port:
        try:
            private_folder(state)
            private_folder(state / "page")
            lock.acquire()
        except Timeout:
            is_free = False
        except OSError:
            pass
    try:
        yield is_free
    finally:
        lock.release()
