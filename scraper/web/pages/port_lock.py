"""Which port the page is served on already, from the same state folder."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from scraper.system.files import private_folder


@contextmanager
def serving(state: Path, port: int) -> Iterator[bool]:
    """While the block goes on, that port is this process's; False where another of ours has it.

    Any port (0) is nobody's; where no lock can be kept, on a full disk, nobody asks for one.
    """
    lock = FileLock(state / "page" / f"served-{port}.lock", timeout=0, mode=0o600)
    is_free = True
    if port:
        with suppress(OSError):
            private_folder(state)
            private_folder(state / "page")
            is_free = _taken(lock)
    try:
        yield is_free
    finally:
        lock.release()


def _taken(lock: FileLock) -> bool:
    try:
        lock.acquire()
    except Timeout:
        return False
    return True
