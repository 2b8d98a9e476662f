"""`aurion hosting`: run the service of an association for its students."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from scraper.cli.options import option

DEFAULT_SETTINGS = "/etc/aurion-hosting/settings.toml"
SettingsFile = Annotated[str, option("--settings", key="hosting_settings", value="file")]


def worker(settings: SettingsFile = DEFAULT_SETTINGS) -> None:
    """Read plannings until the process is asked to end. Raise AurionError."""
    from scraper.hosting.settings import load_hosting_settings
    from scraper.hosting.worker import run_worker

    run_worker(load_hosting_settings(Path(settings)), os.environ)


COMMANDS: dict[str, Callable[..., None]] = {"worker": worker}
