"""Errors of the operating system at a destination, translated to errors of a delivery."""

import errno
import os
from pathlib import Path

from scraper.errors import SinkRefused, SinkUnavailable
from scraper.system.os_errors import to_delivery_error


def missing(path: Path) -> OSError:
    """The system's error for a file that could not be created."""
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def test_folder_without_new_files_is_forbidden(tmp_path: Path) -> None:
    """Report a folder that exists and takes no new file, like /proc, as one where writing is not allowed."""
    error = to_delivery_error(missing(tmp_path / "planning.ics"), str(tmp_path / "planning.ics"))
    assert isinstance(error, SinkRefused)
    assert (error.reason, error.facts["path"]) == ("forbidden", str(tmp_path / "planning.ics"))


def test_missing_folder_is_named(tmp_path: Path) -> None:
    """Name the folder that is missing, and not the file in it."""
    path = tmp_path / "removed" / "planning.ics"
    error = to_delivery_error(missing(path), str(path))
    assert isinstance(error, SinkUnavailable)
    assert (error.reason, error.facts["path"]) == ("no-folder", os.path.realpath(path.parent))
