"""Locate this program's folders on this machine."""

from pathlib import Path

import platformdirs

APP = "aurion-planning"


def settings_file() -> Path:
    """Return the path of the user's settings file."""
    return platformdirs.user_config_path(APP, appauthor=False) / "settings.toml"


def state_folder() -> Path:
    """Return the folder of sessions, ledgers and the last failure, which may not exist yet."""
    return platformdirs.user_state_path(APP, appauthor=False)


def cache_folder() -> Path:
    """Return the folder of files that can be recreated, which may not exist yet."""
    return platformdirs.user_cache_path(APP, appauthor=False)


def data_folder() -> Path:
    """Return the folder of the stored passwords, which may not exist yet."""
    return platformdirs.user_data_path(APP, appauthor=False)


def bug_file(state: Path) -> Path:
    """Return the file with the place of the last unexpected error."""
    return state / "bug.txt"


def failure_file(state: Path, account: str = "") -> Path:
    """Return the recording of the account's last failed run; "" is a run without an account."""
    return state / (f"failure-{account}.json" if account else "failure.json")


def failure_files(state: Path) -> list[Path]:
    """Return the recordings of failed runs of all accounts, the last one at the end."""
    return sorted(state.glob("failure*.json"), key=lambda path: path.stat().st_mtime)
