"""The log of runs with nobody there: one line an occurrence, ten files of a megabyte, for its user alone."""

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from scraper.domain.printable import printable
from scraper.system.files import create_private, private_folder

MOST_BYTES = 1_000_000
MOST_FILES = 10
MASK = "•••"

Log = Callable[[str], None]


def log_file(state: Path) -> Path:
    """Where the latest lines are."""
    return state / "logs" / "aurion.log"


@contextmanager
def open_log(state: Path, clock: Callable[[], datetime], secrets: Iterable[str] = ()) -> Iterator[Log]:
    """Writes a line with its time, `secrets` masked; what cannot be written is left out, for a log stops no run."""
    path = log_file(state)
    hidden = tuple(secrets)
    try:
        private_folder(state)
        private_folder(path.parent)
        create_private(path)
        handler = RotatingFileHandler(path, maxBytes=MOST_BYTES, backupCount=MOST_FILES - 1, encoding="utf-8")
    except OSError:
        yield lambda _: None
        return
    handler.rotator = _rotated
    handler.handleError = _left_out  # type: ignore[assignment, method-assign]

    def log(text: str) -> None:
        told = " ".join(printable(masked(text, hidden)).split())
        line = f"{clock().astimezone().isoformat(timespec='seconds')} {told}"
        handler.emit(logging.LogRecord("aurion", logging.INFO, "", 0, line, None, None))

    try:
        yield log
    finally:
        with suppress(OSError):
            handler.close()


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without these words."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    return text


def _rotated(source: str, target: str) -> None:
    """The full file gets its next name, and a new one is there that only its user can read."""
    os.replace(source, target)  # noqa: PTH105 - names, as the handler has them
    create_private(Path(source))


def _left_out(_: logging.LogRecord) -> None:
    """The disk is full, or the folder gone: nobody is told of it here."""
    if not isinstance(sys.exc_info()[1], OSError | ValueError):
        raise  # noqa: PLE0704 - called where an error is handled
