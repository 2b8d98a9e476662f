"""The folders of this program on this machine."""

from pathlib import Path

import platformdirs

APP = "aurion-planning"


def settings_file() -> Path:
    """The user's settings file."""
    return platformdirs.user_config_path(APP, appauthor=False) / "settings.toml"


def state_folder() -> Path:
    """Where sessions, ledgers and the last failure are kept; not made yet."""
    return platformdirs.user_state_path(APP, appauthor=False)


def cache_folder() -> Path:
    """Where lies what can be made again; not made yet."""
    return platformdirs.user_cache_path(APP, appauthor=False)
