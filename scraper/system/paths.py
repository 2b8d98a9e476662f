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
