"""The file of a calendar for which no file is set."""

from pathlib import Path

import platformdirs

from scraper.errors import SettingsError

DEFAULT_FILE, REPORT_FILE = "planning.ics", "aurion-report.json"


def default_output(name: str = DEFAULT_FILE) -> Path:
    """Return that file in the user's Downloads folder, whatever its localised name; create a missing folder.

    Raise SettingsError("downloads").
    """
    folder = platformdirs.user_downloads_path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError("downloads", path=str(folder), detail=error.strerror or "") from error
    return folder / name


def shorten_path(path: Path) -> str:
    """Return the path with `~` for the home folder."""
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)
