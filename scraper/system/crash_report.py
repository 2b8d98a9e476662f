"""Turn an unexpected exception into a one-sentence error, and save its location for a report."""

import traceback

from scraper.errors import AurionError, StateTooNew
from scraper.system.files import private_folder, write_private
from scraper.system.paths import bug_file, state_folder


def describe_crash(error: Exception) -> str:
    """Return the traceback without the message, which may contain a secret."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def save_crash_report(error: Exception) -> AurionError:
    """Save the traceback without the message, which may contain a secret; return the error to raise."""
    name = type(error).__name__
    try:
        file = bug_file(state_folder())
        private_folder(file.parent)
        write_private(file, f"{describe_crash(error)}\n".encode())
    except (OSError, StateTooNew):
        return AurionError(what=name)
    report = AurionError("bug", what=name, path=str(file))
    report.details = str(file)
    return report


def save_bug(error: Exception) -> None:
    """Save the traceback of a background task that failed by a bug; expected errors are shown elsewhere."""
    if not isinstance(error, AurionError):
        save_crash_report(error)
