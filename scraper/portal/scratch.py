"""A folder for what the driver and its browser write besides; after a kill it goes at the next run's start."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from time import monotonic, sleep

from scraper.system.signals import signals_deferred

PREFIX = "aurion-run-"
LONGEST, SHORT = 35, Path("/tmp")  # noqa: S108 - the folder made there is its user's alone
"""Bytes of the temporary folder's path: Chromium does not start where its socket's, 65 longer, passes a hundred."""
PATIENCE = 20.0
"""Seconds that a browser has to end, and to let go of its files."""

VARIABLE = "TMPDIR"


@contextmanager
def scratch_folder() -> Iterator[Path | None]:
    """Make such a folder, its user's alone; None where it cannot be had, then the system's own is used.

    It is locked as long as this process lives, so that another run knows whether it may remove it.
    """
    place = Path(gettempdir())
    if len(os.fsencode(place)) > LONGEST:
        place = SHORT
    made = None if sys.platform == "win32" else _made(place)
    if made is None:
        yield None
        return
    folder, lock = made
    try:
        yield folder
    finally:
        with signals_deferred():  # an impatient second Ctrl-C would leave half of it
            _remove(folder)
            os.close(lock)


def _made(place: Path) -> tuple[Path, int] | None:
    """The folder and the lock on it; those of runs that were killed go first."""
    _sweep(place)
    for _ in range(3):
        with suppress(OSError):
            folder = Path(mkdtemp(prefix=PREFIX, dir=place))
            folder.chmod(0o700)  # a umask can take its owner's own rights
            lock = _locked(folder)
            if lock is not None and os.fstat(lock).st_nlink:  # nobody swept it away in between
                return folder, lock
    return None


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the lock on the folder; None where another process does."""
    import fcntl  # noqa: PLC0415 - there is none on Windows

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep(place: Path) -> None:
    """Remove those whose run was killed."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and (lock := _locked(folder)) is not None:
                rmtree(folder, ignore_errors=True)
                os.close(lock)


def _remove(folder: Path) -> None:
    """Remove it, once no browser is left that could create it again: one that ends writes its profile once more."""
    until = monotonic() + PATIENCE
    while True:
        in_use = _end_users(folder)
        rmtree(folder, ignore_errors=True)
        if (not in_use and not folder.exists()) or monotonic() > until:
            return
        sleep(0.05)


def _end_users(folder: Path) -> bool:
    """End the programs that were started with it, where the system shows them; False where there is none."""
    wanted, found = f"{VARIABLE}={folder}".encode(), False
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                found = True
                os.kill(int(path.parent.name), signal.SIGKILL)
    return found
