"""Locks between processes, which the system releases when a process ends."""

from pathlib import Path

from filelock import FileLock

from scraper.system.files import FILE, create_private


def private_lock(path: Path, patience: float) -> FileLock:
    """Return a lock and create its file, in an existing folder. Raise OSError."""
    create_private(path)
    return FileLock(path, timeout=patience, mode=FILE)
