"""Private folders and files, readable by their user only, and created atomically."""

import errno
import os
import re
import shlex
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

if sys.platform != "win32":
    import fcntl

OTHERS_READ, OTHERS_WRITE = 0o044, 0o022
FOLDER, FILE = 0o700, 0o600
TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp")
MIN_FREE_BYTES = 4096
"""Bytes of free space required before something is written."""
STALE_SECONDS = 3600
"""Seconds, by the file system's clock, after which no run can still be writing a temporary file."""


def private_folder(folder: Path) -> None:
    """Create the folder and missing parents; remove others' rights from an existing folder. Raise OSError."""
    create_folders(folder)
    if sys.platform != "win32" and stat.S_IMODE(folder.stat().st_mode) != FOLDER:
        folder.chmod(FOLDER)


def create_folders(folder: Path) -> None:
    """Create the folder and missing parents, private; leave existing folders unchanged. Raise OSError."""
    missing = []
    while not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises where access is denied
        missing.append(folder)
        if folder == folder.parent:
            break
        folder = folder.parent
    for one in reversed(missing):
        _create_folder(one)


def open_private(path: str, flags: int) -> int:
    """Open a file as an opener for `open`; a new one is private whatever the umask is."""
    descriptor = os.open(path, flags, FILE)
    if flags & os.O_EXCL and hasattr(os, "fchmod"):
        os.fchmod(descriptor, FILE)
    return descriptor


def create_private(path: Path) -> None:
    """Create an empty private file, unless it exists. Raise OSError.

    The file gets its name after its permissions are set: a umask may remove even the owner's.
    """
    if os.path.lexists(path):
        return
    with temporary_beside(path) as temporary:
        with open(temporary, "xb", opener=open_private):
            pass
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            with suppress(FileExistsError), open(path, "xb", opener=open_private):
                pass
        temporary.unlink()


def write_private(path: Path, body: bytes) -> None:
    """Write the private file atomically, or leave it as it was. Raise OSError."""
    with temporary_beside(path) as temporary:
        with open(temporary, "xb", opener=open_private) as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        replace_file(temporary, path)
    delete_stale_temporaries(path)


def replace_file(temporary: Path, target: Path) -> None:
    """Rename the file over the target. Raise OSError.

    On Windows, a program that has the target open, such as a virus scanner, blocks this: try again for a second.
    """
    for pause in (0.01, 0.03, 0.1, 0.3, 0.6) if sys.platform == "win32" else ():
        with suppress(PermissionError):
            temporary.replace(target)
            return
        time.sleep(pause)
    temporary.replace(target)


def check_writable(path: Path) -> None:
    """Raise OSError where `write_private` could not write the file in its existing folder; change nothing."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and is_mounted(path):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))
    with TemporaryFile(dir=path.parent) as file:
        file.write(bytes(MIN_FREE_BYTES))


@contextmanager
def temporary_beside(target: Path) -> Iterator[Path]:
    """Yield a hidden, short name for a temporary file in the same folder; delete the file where the block raises."""
    temporary = _temporary_name(target)
    try:
        yield temporary
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def delete_stale_temporaries(target: Path) -> None:
    """Delete old temporary files of killed runs in the target's folder."""
    with suppress(OSError):
        now = target.stat().st_mtime
        for path in target.parent.iterdir():
            if TEMPORARY.fullmatch(path.name):
                status = path.lstat()
                if stat.S_ISREG(status.st_mode) and now - status.st_mtime > STALE_SECONDS:
                    with suppress(OSError):
                        path.unlink()


def is_mounted(path: Path) -> bool:
    """Return whether the file is a mount point, as with `docker run -v file:file`: it cannot be replaced.

    False where the system does not report it. Raise OSError where there is no such file.
    """
    return sys.platform == "linux" and _mount_of(path) != _mount_of(path.parent)


def chmod_hint(path: Path, *, reading: bool = True) -> str:
    """Return the command that removes others' rights to write (or read) a file or folder; empty without such rights.

    Always empty on Windows, where the folder's access control list decides. Raise OSError.
    """
    forbidden = OTHERS_WRITE | (OTHERS_READ if reading else 0)
    if sys.platform == "win32" or not path.stat().st_mode & forbidden:
        return ""
    return f"chmod go-{'rwx' if reading else 'w'} {shlex.quote(str(path))}"


def _temporary_name(target: Path) -> Path:
    return target.with_name(f".{os.urandom(8).hex()}.tmp")


def _create_folder(folder: Path) -> None:
    """Create the folder under another name, set its permissions, then rename it."""
    temporary = _temporary_name(folder)
    temporary.mkdir(mode=FOLDER)
    try:
        temporary.chmod(FOLDER)
        with _lock_folder(folder.parent):
            if not folder.is_dir():
                temporary.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        with suppress(OSError):
            temporary.rmdir()


@contextmanager
def _lock_folder(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder, where the system has such locks and gives it within five seconds.

    POSIX renames over an empty folder. A run that is just creating a file in the one that is replaced would fail.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = None
    try:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            for _ in range(100):
                with suppress(BlockingIOError):
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                time.sleep(0.05)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _mount_of(path: Path) -> str:
    """Return the id of the path's mount (proc_pid_fdinfo(5)); empty without /proc."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return next((line for line in lines if line.startswith("mnt_id:")), "")
