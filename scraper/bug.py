"""A bug of ours: told in one sentence, and where it happened kept for a report."""

import traceback

from scraper.errors import AurionError
from scraper.private import private_folder, write_private


def bug(error: Exception) -> AurionError:
    """Keeps where it happened, but no message: that may hold what nobody should read."""
    from scraper.settings.file import state_folder  # noqa: PLC0415 - rarely needed, and not light

    ours = AurionError("bug", what=type(error).__name__)
    kept = state_folder() / "bug.txt"
    try:
        private_folder(kept.parent)
        write_private(kept, ("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + "\n").encode())
        ours.details = str(kept)
    except OSError:
        pass
    return ours
