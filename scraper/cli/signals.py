"""Ctrl-C, SIGTERM, a closed terminal: answered with one sentence, until it is too late to leave all as it was."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Never

HANGUP = getattr(signal, "SIGHUP", None)
"""The signal of a terminal that is closed; Windows has none."""
SIGNALS = tuple(name for name in (signal.SIGINT, signal.SIGTERM, HANGUP) if name is not None)
NOHUP = HANGUP is not None and signal.getsignal(HANGUP) == signal.SIG_IGN
"""Whether this program was started so that it outlives its terminal."""


def answer_interruptions() -> None:
    """From here on each of them raises KeyboardInterrupt, and what libraries say on their way out is not shown."""
    for name in SIGNALS:
        if not (name == HANGUP and NOHUP):
            signal.signal(name, _interrupt)


def ignore_interruptions() -> None:
    """From here on what was begun is finished: a new calendar is about to take the old one's place."""
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)


def answer_hangup(end: Callable[[], object]) -> None:
    """From here on a closed terminal calls `end`, where a program ends by something else than KeyboardInterrupt."""
    if HANGUP is not None and not NOHUP:
        signal.signal(HANGUP, lambda *_: end())


def _interrupt(number: int, _frame: FrameType | None) -> Never:
    if number == HANGUP:  # it comes twice: from the system, and from the shell
        signal.signal(number, signal.SIG_IGN)
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    raise KeyboardInterrupt
