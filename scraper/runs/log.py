"""The log of unattended runs: one line per event, ten private files of a megabyte each."""

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
from scraper.errors import MASK
from scraper.system.files import create_private, private_folder

MOST_BYTES = 1_000_000
MOST_FILES = 10

Log = Callable[[str], None]


def log_file(state: Path) -> Path:
    """Return the path of the current log file."""
    return state / "logs" / "aurion.log"


@contextmanager
def open_log(state: Path, clock: Callable[[], datetime], secrets: Iterable[str] = ()) -> Iterator[Log]:
    """Yield a function that writes a line with its time, `secrets` masked.

    A line that cannot be written is dropped: the log never stops a run.
    """
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
    handler.rotator = _rotate
    handler.handleError = _ignore_write_error  # type: ignore[assignment, method-assign]

    def log(text: str) -> None:
        message = " ".join(printable(mask_secrets(text, hidden)).split())
        line = f"{clock().astimezone().isoformat(timespec='seconds')} {message}"
        handler.emit(logging.LogRecord("aurion", logging.INFO, "", 0, line, None, None))

    try:
        yield log
    finally:
        with suppress(OSError):
            handler.close()


def mask_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return the text with each secret that is a whole word replaced by a mask."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, text)
    return text


def _rotate(source: str, target: str) -> None:
    """Rename the full file and create a new private one."""
    os.replace(source, target)  # noqa: PTH105 - the handler passes strings
    create_private(Path(source))


def _ignore_write_error(_: logging.LogRecord) -> None:
    """Ignore a full disk or a missing folder."""
    if not isinstance(sys.exc_info()[1], OSError | ValueError):
        raise  # noqa: PLE0704 - called while an error is being handled
