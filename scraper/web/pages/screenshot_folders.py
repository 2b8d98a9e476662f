"""Folders for the portal's screenshots, in the state folder; deleted with their server, or at the next start."""

import secrets
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

from filelock import FileLock, Timeout

from scraper.system.files import private_folder
from scraper.system.os_errors import translate_state_errors


class ScreenshotFolders:
    """One server's folders. Its lock file, beside its folder, shows other servers that it is alive."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._parent = state / "page" / "pictures"
        self._own = self._parent / secrets.token_hex(8)
        self._lock = _lock_of(self._own)

    def create(self) -> Path:
        """Create a folder for one run. Raise DeliveryError."""
        with translate_state_errors(str(self._own)):
            for folder in (self._state, self._parent.parent, self._parent):
                private_folder(folder)
            if not self._lock.is_locked:
                self._lock.acquire()
            folder = self._own / secrets.token_hex(4)
            private_folder(self._own)
            private_folder(folder)
        return folder

    def remove_own(self) -> None:
        """Delete all folders of this server."""
        if self._lock.is_locked:
            rmtree(self._own, ignore_errors=True)
            self._lock.release()
            _delete_lock(self._own)

    def remove_orphans(self) -> None:
        """Delete the folders of servers that ended without doing so."""
        for file in self._parent.glob("*.lock"):
            folder = file.with_suffix("")
            with suppress(Timeout, OSError):
                with _lock_of(folder):
                    rmtree(folder, ignore_errors=True)
                _delete_lock(folder)


def _lock_of(folder: Path) -> FileLock:
    return FileLock(folder.with_suffix(".lock"), timeout=0, mode=0o600, thread_local=False)


def _delete_lock(folder: Path) -> None:
    """Delete the lock file; no other process takes it, because each name belongs to one server."""
    with suppress(OSError):
        folder.with_suffix(".lock").unlink(missing_ok=True)
