"""A calendar in a file: written beside, then swapped in, so that a reader sees the old one or the new one."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import ClassVar

from scraper.errors import SinkRefused, SinkUnavailable, StateError
from scraper.sinks.file_kind import CALENDAR, FileKind
from scraper.sinks.sink import write_all
from scraper.system.files import MIN_FREE_BYTES, delete_stale_temporaries, is_mounted, temporary_beside
from scraper.system.os_errors import translate_os_errors


def at_once() -> None:
    """Nothing to do before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSink:
    """The file at `path`; a link is followed, a pipe or a character device is written into. No folder is made.

    A file that is there is replaced only if it is empty or of that `kind`; None replaces any file. What is wrong with a
    file of the program's `own`, which no user chose, raises StateError. `before_swap` is called when the new file is
    whole, just before it takes the old one's place.
    """

    path: Path
    kind: FileKind | None = CALENDAR
    own: bool = False
    before_swap: Callable[[], None] = at_once

    left: ClassVar[tuple[str, ...]] = ()

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def check(self) -> None:
        """Raise SinkUnavailable or SinkRefused for what would stop a delivery; change nothing.

        It is tried, as far as that goes without a new calendar: rights alone do not tell of a disk that is full, a
        file that another program holds, or one that cannot be replaced.
        """
        with self._translated():
            old = self._checked()
            if old is None or stat.S_ISREG(old.st_mode):
                _try_out(Path(os.path.realpath(self.path)), old)

    def current(self) -> bytes | None:
        """The file's bytes; None where there is none. Raises SinkRefused or SinkUnavailable."""
        with self._translated():
            old = _status(self.path)
            return self.path.read_bytes() if old is not None and stat.S_ISREG(old.st_mode) else None

    def deliver(self, body: bytes) -> bool:
        """Put the bytes there, whole; False where they were there already.

        The file keeps its permissions and, where the system lets us, its owner; a new one gets what the umask
        says. Raises SinkUnavailable or SinkRefused; the old file is then as it was.
        """
        with self._translated():
            old = self._checked()
            if old is not None and not stat.S_ISREG(old.st_mode):
                _write_into(self.path, body)
                return True
            target = Path(os.path.realpath(self.path))
            if old is not None and target.read_bytes() == body:
                return False
            _swap_in(target, body, old, self.before_swap)
            return True

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translate_os_errors(self.name):
                yield
        except (SinkRefused, SinkUnavailable) as error:
            if not self.own:
                raise
            said = os.strerror(errno.EBUSY if error.reason == "mounted" else errno.ENOENT)
            raise StateError(error.reason, **{"said": said, **error.facts}) from error

    def _checked(self) -> os.stat_result | None:
        """What is at the path now, None where nothing is, once all that can be seen beforehand is well."""
        old = _status(self.path)
        if old is not None and stat.S_ISDIR(old.st_mode):
            raise SinkRefused("is-folder", path=self.name)
        if old is not None and (stat.S_ISBLK(old.st_mode) or stat.S_ISSOCK(old.st_mode)):
            raise SinkRefused("not-a-file", path=self.name)
        if old is None or stat.S_ISREG(old.st_mode):
            _check_folder(Path(os.path.realpath(self.path)).parent)
        if old is not None and not _may(self.path, os.W_OK):
            raise SinkRefused("forbidden", path=self.name)
        if old is not None and stat.S_ISREG(old.st_mode) and self.kind is not None:
            self.kind.check_replaceable(self.path)
        return old


def _check_folder(folder: Path) -> None:
    status = _status(folder)
    if status is None:
        raise SinkUnavailable("no-folder", path=str(folder))
    if not stat.S_ISDIR(status.st_mode):
        raise SinkRefused("not-a-folder", path=str(folder))
    if not _may(folder, os.W_OK | os.X_OK):
        raise SinkRefused("forbidden", path=str(folder))


def _try_out(target: Path, old: os.stat_result | None) -> None:
    """Do without a trace what a delivery does; its temporary file has no name where the system can do that."""
    if old is not None:
        os.close(os.open(target, os.O_WRONLY))
        _check_replaceable(target, old)
    with TemporaryFile(dir=target.parent) as file:
        file.write(bytes(max(old.st_size if old else 0, MIN_FREE_BYTES)))


def _check_replaceable(target: Path, old: os.stat_result) -> None:
    if is_mounted(target):
        raise SinkRefused("mounted", path=str(target), folder=str(target.parent))
    folder = target.parent.stat()
    is_sticky = folder.st_mode & stat.S_ISVTX and hasattr(os, "geteuid")
    if is_sticky and os.geteuid() not in {0, folder.st_uid, old.st_uid}:
        raise SinkRefused("forbidden", path=str(target))


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _may(path: Path, mode: int) -> bool:
    """Whether the one we act as may; plain `os.access` asks for the one who started us."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _write_into(path: Path, body: bytes) -> None:
    with path.open("ab", buffering=0) as device:
        write_all(body, device)


def _swap_in(target: Path, body: bytes, old: os.stat_result | None, before: Callable[[], None]) -> None:
    with temporary_beside(target) as temporary:
        _write_new(temporary, body, old)
        before()
        temporary.replace(target)
    _sync_folder(target.parent)
    delete_stale_temporaries(target)


def _write_new(path: Path, body: bytes, old: os.stat_result | None) -> None:
    """Write through to the disk; nobody else can open the file before it has the old one's permissions."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, 0o666 if old is None else 0o600)

    with open(path, "xb", opener=opener) as file:
        if old is not None:
            _take_over(file.fileno(), old)
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _take_over(descriptor: int, old: os.stat_result) -> None:
    """Owner before permissions: a change of owner clears some of them."""
    if hasattr(os, "fchown"):
        for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
            with suppress(OSError):
                os.fchown(descriptor, owner, group)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    """Make the new name outlast a power cut, where folders can be synced; it is in place anyway."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
