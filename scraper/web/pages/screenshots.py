"""Folders for pictures of the portal's pages, in the state folder: a server's own go with it, or at the next start."""

import secrets
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

from filelock import FileLock, Timeout

from scraper.system.files import private_folder
from scraper.system.os_errors import translate_state_errors


class ScreenshotFolders:
    """One server's. Its lock, beside its folder, tells other servers that it lives."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._place = state / "page" / "pictures"
        self._own = self._place / secrets.token_hex(8)
        self._lock = _lock_of(self._own)

    def new(self) -> Path:
        """A folder for one run. Raises DeliveryError."""
        with translate_state_errors(str(self._own)):
            for folder in (self._state, self._place.parent, self._place):
                private_folder(folder)
            if not self._lock.is_locked:
                self._lock.acquire()
            folder = self._own / secrets.token_hex(4)
            private_folder(self._own)
            private_folder(folder)
        return folder

    def end(self) -> None:
        """All of this server's go."""
        if self._lock.is_locked:
            rmtree(self._own, ignore_errors=True)
            self._lock.release()
            _unlink(self._own)

    def sweep(self) -> None:
        """Those go whose server ended without a word."""
        for file in self._place.glob("*.lock"):
            folder = file.with_suffix("")
            with suppress(Timeout, OSError):
                with _lock_of(folder):
                    rmtree(folder, ignore_errors=True)
                _unlink(folder)


def _lock_of(folder: Path) -> FileLock:
    return FileLock(folder.with_suffix(".lock"), timeout=0, mode=0o600, thread_local=False)


def _unlink(folder: Path) -> None:
    """Its lock, which nobody takes any more: each name is one server's."""
    with suppress(OSError):
        folder.with_suffix(".lock").unlink(missing_ok=True)
