"""What a person, or a program, is told of an error."""

import sys
import traceback
from pathlib import Path

from scraper.errors import AurionError
from scraper.private import private_folder, write_private
from scraper.words import Words


def tell(error: AurionError, words: Words) -> None:
    """One sentence and the next thing to do, on standard error."""
    message, hint = words.error(error)
    where = f" {words('summary.details', path=Path(error.details))}" if error.details else ""
    sys.stderr.write(f"{message}\n{hint}{where}\n")


def as_data(error: AurionError, words: Words) -> dict[str, object]:
    """The contract's object of a failure."""
    message, hint = words.error(error)
    return {
        "error": type(error).__name__,
        "reason": error.reason,
        "message": message,
        "hint": hint,
        "exit_code": error.exit_code,
        "details": error.details or None,
    }


def bug(error: Exception) -> AurionError:
    """Keeps where it happened, but no message: that may hold what nobody should read."""
    from scraper.settings.file import state_folder

    ours = AurionError("bug", what=type(error).__name__)
    kept = state_folder() / "bug.txt"
    try:
        private_folder(kept.parent)
        write_private(kept, ("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + "\n").encode())
        ours.details = str(kept)
    except OSError:
        pass
    return ours
