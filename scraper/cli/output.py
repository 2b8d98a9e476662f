"""Output to a stream that may be closed."""

import os
from typing import TextIO


def write_text(stream: TextIO, text: str) -> None:
    """Write and flush the text. If the reader is gone or the disk is full, discard it and all further output."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
