"""A temporary folder for the driver and its browser; after a kill it is removed when the next run starts."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir, mkdtemp
from time import monotonic, sleep

import psutil

from scraper.system.signals import defer_signals

PREFIX = "aurion-run-"
LONGEST, SHORT = 35, Path("/tmp")  # noqa: S108 - the folder created there is private
"""The most bytes of the temporary folder's path: Chromium's socket path, 65 longer, is limited to about a hundred."""
PATIENCE = 20.0
"""Seconds for a browser to end and release its files."""

VARIABLE = "TMPDIR"

if sys.platform != "win32":
    import fcntl


@contextmanager
def scratch_folder() -> Iterator[Path | None]:
    """Yield a private folder; None where none can be created, so that the system's own is used.

    It is locked while this process lives, so that another run knows that it must not remove it.
    """
    place = Path(gettempdir())
    if len(os.fsencode(place)) > LONGEST:
        place = SHORT
    made = None if sys.platform == "win32" else _create_locked(place)
    if made is None:
        yield None
        return
    folder, lock = made
    try:
        yield folder
    finally:
        with defer_signals():  # an impatient second Ctrl-C would leave half of it
            _remove(folder)
            os.close(lock)


def _create_locked(place: Path) -> tuple[Path, int] | None:
    """Create the folder and lock it, after removing the folders of killed runs."""
    _sweep(place)
    for _ in range(3):
        with suppress(OSError):
            folder = Path(mkdtemp(prefix=PREFIX, dir=place))
            folder.chmod(0o700)  # a umask can remove the owner's rights
            lock = _try_lock(folder)
            if lock is not None and os.fstat(lock).st_nlink:  # no other run has removed it in between
                return folder, lock
    return None


def _try_lock(folder: Path) -> int | None:
    """Return a descriptor that holds the folder's lock; None where another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep(place: Path) -> None:
    """Remove the folders of killed runs."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid == os.geteuid() and (lock := _try_lock(folder)) is not None:
                rmtree(folder, ignore_errors=True)
                os.close(lock)


def _remove(folder: Path) -> None:
    """Remove the folder once no browser is left that could write its profile again."""
    until = monotonic() + PATIENCE
    while True:
        in_use = _kill_users(folder)
        rmtree(folder, ignore_errors=True)
        if (not in_use and not folder.exists()) or monotonic() > until:
            return
        sleep(0.05)


def _kill_users(folder: Path) -> bool:
    """Kill the programs that use the folder, as far as the system shows them; return whether there were any."""
    users = [
        one for one in psutil.process_iter(["environ"]) if (one.info["environ"] or {}).get(VARIABLE) == str(folder)
    ]
    for one in users:
        with suppress(psutil.Error):
            one.kill()
    return bool(users)
