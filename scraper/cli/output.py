"""Output in the user's language, as text or as JSON."""

import json
import os
import sys
from datetime import datetime
from typing import Any, TextIO

from scraper.i18n import Catalogue, language_of


def user_words() -> Catalogue:
    """Return the texts in the user's language."""
    return Catalogue(language_of(os.environ))


def write_line(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def write_at_once(text: str) -> None:
    """Write a line to standard output that a program may wait for: a pipe gets it now, not when a buffer is full."""
    write_line(text)
    sys.stdout.flush()


def write_json(data: Any, *, indent: int | None = None) -> None:  # noqa: ANN401 - any JSON
    """Write a JSON value to standard output, on one line by default."""
    write_line(json.dumps(data, ensure_ascii=False, indent=indent))


def time_to_json(at: datetime | None) -> str | None:
    """Return the time as ISO 8601 text in this machine's zone, to the second; None without a time."""
    return at.astimezone().isoformat(timespec="seconds") if at else None


def write_text(stream: TextIO, text: str) -> None:
    """Write and flush the text. If the reader is gone or the disk is full, discard it and all further output."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        discard(stream)


def discard(*streams: TextIO | None) -> None:
    """Discard what is still buffered and all further output to the streams."""
    for stream in filter(None, streams):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
