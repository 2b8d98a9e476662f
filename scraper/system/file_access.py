"""What the current user may do with files and streams, where systems differ."""

import os
import select
import stat
from contextlib import suppress
from pathlib import Path

from scraper.system.platforms import runs_as_root


def may_access(path: Path, mode: int) -> bool:
    """Return whether the effective user has access; plain `os.access` checks the real user."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def may_replace(old: os.stat_result, folder: os.stat_result) -> bool:
    """Return whether this user may replace the file in its folder: a sticky one protects the files of others."""
    is_sticky = folder.st_mode & stat.S_ISVTX and hasattr(os, "geteuid")
    return not is_sticky or os.geteuid() in {0, folder.st_uid, old.st_uid}


def copy_access(descriptor: int, old: os.stat_result) -> None:
    """Copy owner, then permissions, as far as the system has them: a change of owner clears some permission bits."""
    if hasattr(os, "fchown"):
        for owner, group in ((-1, old.st_gid), (old.st_uid, -1)):
            with suppress(OSError):
                os.fchown(descriptor, owner, group)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut where folders can be synced; errors are ignored, the file is in place."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def why_unwritable(descriptor: int) -> str:
    """Return why the descriptor is unwritable: "closed" (reader gone), "full" (disk full), or "" if none is known."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) and hasattr(os, "fstatvfs"):
        disk = os.fstatvfs(descriptor)
        room = disk.f_bfree if runs_as_root() else disk.f_bavail
        return "full" if disk.f_blocks and not room else ""
    if stat.S_ISFIFO(mode) and hasattr(select, "poll"):
        waiting = select.poll()
        waiting.register(descriptor, 0)
        return "closed" if any(event & select.POLLERR for _, event in waiting.poll(0)) else ""
    return ""
