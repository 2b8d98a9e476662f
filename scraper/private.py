"""Folders and files that their user alone may read."""

import os
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Makes the folder where it is missing, and leaves it to its user alone, whatever the umask. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def private(path: str, flags: int) -> int:
    """An opener for `open`: what it makes is its user's alone."""
    return os.open(path, flags, 0o600)
