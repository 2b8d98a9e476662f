"""Folders and files that their user alone may read."""

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path

OTHERS_READ, OTHERS_WRITE = 0o044, 0o022


def private_folder(folder: Path) -> None:
    """Makes the folder where it is missing, and leaves it to its user alone, whatever the umask. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def private(path: str, flags: int) -> int:
    """An opener for `open`: what it makes is its user's alone."""
    return os.open(path, flags, 0o600)


def write_private(path: Path, body: bytes) -> None:
    """The file, its user's alone, whole or as it was; one process at a time may write it. Raises OSError."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    try:
        with open(beside, "xb", opener=private) as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def mending(path: Path, *, reading: bool = True) -> str:
    """The command that takes a file or folder from others who may write it (or read it); empty where none may.

    Empty on Windows, where the folder's own list of rights decides. Raises OSError.
    """
    forbidden = OTHERS_WRITE | (OTHERS_READ if reading else 0)
    if sys.platform == "win32" or not path.stat().st_mode & forbidden:
        return ""
    return f"chmod go-{'rwx' if reading else 'w'} {shlex.quote(str(path))}"
