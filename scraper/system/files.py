"""Folders and files for their user alone: nobody, and no other run, ever sees one that is half made."""

import errno
import os
import re
import secrets
import shlex
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock

OTHERS_READ, OTHERS_WRITE = 0o044, 0o022
FOLDER, FILE = 0o700, 0o600
TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp")
LEAST = 4096
"""Bytes that there must be room for where something is to be written."""
LEFT_BEHIND = 3600
"""Seconds, by the file system's clock, after which no run can still be at work on a temporary file."""


def private_folder(folder: Path) -> None:
    """Create the folder and the missing ones above it; close it to others where it is there. Raises OSError."""
    create_folders(folder)
    if sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) != FOLDER:
        folder.chmod(FOLDER)


def create_folders(folder: Path) -> None:
    """Create the folder and the missing ones above it, for its user alone; leave what is there. Raises OSError."""
    missing = []
    while not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where it may not look
        missing.append(folder)
        if folder == folder.parent:
            break
        folder = folder.parent
    for one in reversed(missing):
        _create_folder(one)


def private(path: str, flags: int) -> int:
    """Open a file for `open`: a new one is its user's alone, whatever the umask."""
    descriptor = os.open(path, flags, FILE)
    if flags & os.O_EXCL and hasattr(os, "fchmod"):
        os.fchmod(descriptor, FILE)
    return descriptor


def create_private(path: Path) -> None:
    """Create an empty file for its user alone, unless there is one. Raises OSError.

    It gets its name when its rights are as they shall be: a umask can take its owner's own away.
    """
    if os.path.lexists(path):
        return
    with beside(path) as temporary:
        with open(temporary, "xb", opener=private):
            pass
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            with suppress(FileExistsError), open(path, "xb", opener=private):
                pass
        temporary.unlink()


def write_private(path: Path, body: bytes) -> None:
    """Write the file whole, for its user alone, or leave it as it was. Raises OSError."""
    with beside(path) as temporary:
        with open(temporary, "xb", opener=private) as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    sweep(path)


def check_writable(path: Path) -> None:
    """Raise OSError where `write_private` could not write the file, whose folder is there; change nothing."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and is_mounted(path):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))
    with TemporaryFile(dir=path.parent) as file:
        file.write(bytes(LEAST))


def private_lock(path: Path, patience: float) -> "FileLock":
    """Return the lock with its file in place, in a folder that is there. Raises OSError."""
    from filelock import FileLock  # noqa: PLC0415 - a driver starts before it is needed

    create_private(path)
    return FileLock(path, timeout=patience, mode=FILE)


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Give a hidden name in the same folder, short whatever the target's is; after a failure nothing is there."""
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def sweep(target: Path) -> None:
    """Remove the temporary files beside it that killed runs left: old ones, which no run can be writing."""
    with suppress(OSError):
        now = target.stat().st_mtime
        for path in target.parent.iterdir():
            if TEMPORARY.fullmatch(path.name):
                status = path.lstat()
                if stat.S_ISREG(status.st_mode) and now - status.st_mtime > LEFT_BEHIND:
                    with suppress(OSError):
                        path.unlink()


def is_mounted(path: Path) -> bool:
    """Whether the file is a mount of its own, as `docker run -v file:file` makes one: nothing can take its place.

    False where the system does not tell. Raises OSError where there is no such file.
    """
    return sys.platform == "linux" and _mount_of(path) != _mount_of(path.parent)


def chmod_hint(path: Path, *, reading: bool = True) -> str:
    """The command that takes a file or folder from others who may write it (or read it); empty where none may.

    Empty on Windows, where the folder's own list of rights decides. Raises OSError.
    """
    forbidden = OTHERS_WRITE | (OTHERS_READ if reading else 0)
    if sys.platform == "win32" or not path.stat().st_mode & forbidden:
        return ""
    return f"chmod go-{'rwx' if reading else 'w'} {shlex.quote(str(path))}"


def _create_folder(folder: Path) -> None:
    """Create it under another name, set its rights, then rename it: one that is there and empty may be replaced."""
    temporary = folder.with_name(f".{secrets.token_hex(8)}.tmp")
    temporary.mkdir(mode=FOLDER)
    try:
        temporary.chmod(FOLDER)
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        with suppress(OSError):
            temporary.rmdir()


def _mount_of(path: Path) -> str:
    """The number of the mount it lies in (proc_pid_fdinfo(5)); empty without /proc."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return next((line for line in lines if line.startswith("mnt_id:")), "")
