"""Write to a stream that may be closed."""

import os
from typing import TextIO


def say(stream: TextIO, text: str) -> None:
    """Writes it now. Where nobody reads on, or no more can be kept, what is told is lost from here on, not the work."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
