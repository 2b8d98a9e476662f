"""Ctrl-C and SIGTERM: answered with one sentence, until it is too late to leave everything as it was."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Never

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def answer_interruptions() -> None:
    """From here on either signal raises KeyboardInterrupt, and what libraries say on their way out is not shown."""
    for name in SIGNALS:
        signal.signal(name, _interrupt)


def ignore_interruptions() -> None:
    """From here on what was begun is finished: a new calendar is about to take the old one's place."""
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)


def _interrupt(_number: int, _frame: FrameType | None) -> Never:
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    raise KeyboardInterrupt
