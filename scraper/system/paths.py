"""Locate this program's folders on this machine."""

import os
import re
from contextlib import suppress
from pathlib import Path

import platformdirs

from scraper.errors import SettingsError, StateTooNew
from scraper.system.files import write_private

APP = "aurion-planning"
FORMAT = 1
"""The format of the state folder. It rises when an earlier version would misread what this one stores."""
FORMAT_FILE = "format"


def settings_file() -> Path:
    """Return the path of the user's settings file."""
    return platformdirs.user_config_path(APP, appauthor=False) / "settings.toml"


def state_path() -> Path:
    """Return the folder of sessions, ledgers and the last failure, in whatever format it is."""
    return platformdirs.user_state_path(APP, appauthor=False)


def state_folder() -> Path:
    """Return the same folder, which may not exist yet.

    Raise StateTooNew where a later version has written in a format that this one does not know.
    """
    folder = state_path()
    with suppress(OSError, UnicodeDecodeError):
        written = re.fullmatch(r"(\d{1,9})\n", (folder / FORMAT_FILE).read_text(encoding="utf-8"))
        if written and int(written[1]) > FORMAT:
            raise StateTooNew(path=str(folder))
    return folder


def stamp_state_folder() -> None:
    """Write the format into the state folder, if that exists and has none; ignore a failure."""
    folder = state_path()
    with suppress(OSError):
        if folder.is_dir() and not (folder / FORMAT_FILE).exists():
            write_private(folder / FORMAT_FILE, f"{FORMAT}\n".encode())


def cache_folder() -> Path:
    """Return the folder of files that can be recreated, which may not exist yet."""
    return platformdirs.user_cache_path(APP, appauthor=False)


def data_folder() -> Path:
    """Return the folder of the stored passwords, which may not exist yet."""
    return platformdirs.user_data_path(APP, appauthor=False)


def bug_file(state: Path) -> Path:
    """Return the file with the place of the last unexpected error."""
    return state / "bug.txt"


def failure_file(state: Path, account: str) -> Path:
    """Return the recording of the account's last failed run; "" is a run without an account."""
    return state / (f"failure-{account}.json" if account else "failure.json")


def failure_files(state: Path) -> list[Path]:
    """Return the recordings of failed runs of all accounts, the last one at the end."""
    return sorted(state.glob("failure*.json"), key=lambda path: path.stat().st_mtime)


def expand_user(text: str | Path) -> Path:
    """Return the path with `~` replaced by the home folder; unchanged where that home does not exist.

    Raise SettingsError("path-empty"): an empty path would be the current folder.
    """
    if not str(text).strip():
        raise SettingsError("path-empty", given="")
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises without a home
