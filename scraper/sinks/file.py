"""A calendar file, replaced atomically: readers see either the old file or the new one."""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import ClassVar

from scraper.errors import SinkRefused, SinkUnavailable, StateError
from scraper.sinks.file_kind import CALENDAR, FileKind
from scraper.sinks.sink import do_nothing, write_all
from scraper.system.file_access import copy_access, may_access, may_replace, sync_folder
from scraper.system.files import MIN_FREE_BYTES, delete_stale_temporaries, is_mounted, replace_file, temporary_beside
from scraper.system.os_errors import translate_os_errors

READER_TRIES, READER_PAUSE = 100, 0.1
"""How often a pipe without a reader is tried, and the seconds between two tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSink:
    """A file at `path`. Links are followed; pipes and character devices are written to. Folders are not created.

    An existing file is replaced only if it is empty or of the given `kind`; with None, any file is replaced. With
    `own`, for the program's own files that no user chose, problems raise StateError. `before_swap` is called when the
    new file is complete, just before it replaces the old one.
    """

    path: Path
    kind: FileKind | None = CALENDAR
    own: bool = False
    before_swap: Callable[[], None] = do_nothing

    locally_modified: ClassVar[tuple[str, ...]] = ()
    shortened: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def check(self) -> None:
        """Raise SinkUnavailable or SinkRefused if a delivery would fail; change nothing.

        The steps of a delivery are tried as far as possible without a new calendar: permissions alone do not reveal a
        full disk, a file locked by another program, or a file that cannot be replaced.
        """
        with self._translate_errors():
            old = self._check_existing()
            if old is None or stat.S_ISREG(old.st_mode):
                _try_out(Path(os.path.realpath(self.path)), old)

    def current(self) -> bytes | None:
        """Return the file's content, None if there is no regular file. Raise SinkRefused or SinkUnavailable."""
        with self._translate_errors():
            old = _status(self.path)
            return self.path.read_bytes() if old is not None and stat.S_ISREG(old.st_mode) else None

    def deliver(self, body: bytes) -> bool:
        """Write the complete file; return False if it already has this content.

        An existing file keeps its permissions and, where the system allows it, its owner; a new one gets those
        of its kind. Raise SinkUnavailable or SinkRefused; the old file is then unchanged.
        """
        with self._translate_errors():
            old = self._check_existing()
            if old is not None and not stat.S_ISREG(old.st_mode):
                opener = _open_pipe if stat.S_ISFIFO(old.st_mode) else None
                with open(self.path, "ab", buffering=0, opener=opener) as device:
                    write_all(body, device)
                return True
            target = Path(os.path.realpath(self.path))
            if old is not None and target.read_bytes() == body:
                return False
            _swap_in(target, body, old, self.kind.mode if self.kind else 0o666, self.before_swap)
            return True

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            with translate_os_errors(self.name):
                yield
        except (SinkRefused, SinkUnavailable) as error:
            if not self.own:
                raise
            detail = os.strerror(errno.EBUSY if error.reason == "mounted" else errno.ENOENT)
            raise StateError(error.reason, **{"detail": detail, **error.facts}) from error

    def _check_existing(self) -> os.stat_result | None:
        """Return the status of the existing file (None if there is none) after the checks that need no write."""
        old = _status(self.path)
        if old is not None and stat.S_ISDIR(old.st_mode):
            raise SinkRefused("is-folder", path=self.name)
        if old is not None and (stat.S_ISBLK(old.st_mode) or stat.S_ISSOCK(old.st_mode)):
            raise SinkRefused("not-a-file", path=self.name)
        if old is None or stat.S_ISREG(old.st_mode):
            _check_folder(Path(os.path.realpath(self.path)).parent)
        if old is not None and not may_access(self.path, os.W_OK):
            raise SinkRefused("forbidden", path=self.name)
        if old is not None and stat.S_ISREG(old.st_mode) and self.kind is not None:
            self.kind.check_replaceable(self.path)
        return old


def _open_pipe(path: str, flags: int) -> int:
    """Open a pipe as an opener for `open`, which alone would wait for a reader forever. Raise OSError without one."""
    for tries_left in reversed(range(READER_TRIES)):
        try:
            descriptor = os.open(path, flags | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO or not tries_left:
                raise
        time.sleep(READER_PAUSE)
    os.set_blocking(descriptor, True)
    return descriptor


def _check_folder(folder: Path) -> None:
    status = _status(folder)
    if status is None:
        raise SinkUnavailable("no-folder", path=str(folder))
    if not stat.S_ISDIR(status.st_mode):
        raise SinkRefused("not-a-folder", path=str(folder))
    if not may_access(folder, os.W_OK | os.X_OK):
        raise SinkRefused("forbidden", path=str(folder))


def _try_out(target: Path, old: os.stat_result | None) -> None:
    """Try the steps of a delivery without leaving a trace; the temporary file is unnamed where the system allows it."""
    if old is not None:
        os.close(os.open(target, os.O_WRONLY))
        if is_mounted(target):
            raise SinkRefused("mounted", path=str(target), folder=str(target.parent))
        if not may_replace(old, target.parent.stat()):
            raise SinkRefused("forbidden", path=str(target))
    with TemporaryFile(dir=target.parent) as file:
        file.write(bytes(max(old.st_size if old else 0, MIN_FREE_BYTES)))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _swap_in(target: Path, body: bytes, old: os.stat_result | None, mode: int, before: Callable[[], None]) -> None:
    with temporary_beside(target) as temporary:
        _write_new(temporary, body, old, mode)
        before()
        replace_file(temporary, target)
    sync_folder(target.parent)
    delete_stale_temporaries(target)


def _write_new(path: Path, body: bytes, old: os.stat_result | None, mode: int) -> None:
    """Write and sync to disk; other users cannot open the file before it has the old file's permissions."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, mode if old is None else 0o600)

    with open(path, "xb", opener=opener) as file:
        if old is not None:
            copy_access(file.fileno(), old)
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
