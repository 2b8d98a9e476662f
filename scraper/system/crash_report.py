"""A bug of ours: told in one sentence, and where it happened kept for a report."""

import traceback

from scraper.errors import AurionError
from scraper.system.files import private_folder, write_private


def bug(error: Exception) -> AurionError:
    """Keeps where it happened, but no message: that may hold what nobody should read."""
    from scraper.system.paths import state_folder  # noqa: PLC0415 - rarely needed, and not light

    name = type(error).__name__
    kept = state_folder() / "bug.txt"
    try:
        private_folder(kept.parent)
        write_private(kept, ("".join(traceback.format_tb(error.__traceback__)) + name + "\n").encode())
    except OSError:
        return AurionError(what=name)
    ours = AurionError("bug", what=name, path=str(kept))
    ours.details = str(kept)
    return ours
