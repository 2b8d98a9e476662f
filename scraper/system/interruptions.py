"""Handling of Ctrl-C, SIGTERM and a closed terminal: the command ends with one sentence, except during a delivery."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Never

from scraper.system.signals import SIGNALS

HANGUP = getattr(signal, "SIGHUP", None)
"""The signal of a closed terminal; Windows has none."""
NOHUP = HANGUP is not None and signal.getsignal(HANGUP) == signal.SIG_IGN
"""True if the program was started by nohup, to outlive its terminal."""
TERMINATION = getattr(signal, "SIGTERM", None)
"""The system's request to end."""
PATIENCE = 10.0
"""Time limit of each closing step in seconds; then a library that waits for a dead driver is interrupted again."""


def answer_interruptions() -> None:
    """Make each signal raise KeyboardInterrupt, and hide the messages of libraries that are stopped by it."""
    for name in SIGNALS:
        if not (name == HANGUP and NOHUP):
            signal.signal(name, _interrupt)


def ignore_interruptions() -> None:
    """Ignore the signals, because a new calendar is about to replace the old one, or the program is about to end."""
    for name in SIGNALS:
        signal.signal(name, signal.SIG_IGN)


def answer_hangup(end: Callable[[], object]) -> None:
    """Call `end` when the terminal is closed, for a program that does not end on KeyboardInterrupt."""
    if HANGUP is not None and not NOHUP:
        signal.signal(HANGUP, lambda *_: end())


def answer_termination(end: Callable[[], object]) -> None:
    """Call `end` when the system asks the program to end, instead of raising KeyboardInterrupt."""
    if TERMINATION is not None:
        signal.signal(TERMINATION, lambda *_: end())


def _interrupt(number: int, _frame: FrameType | None) -> Never:
    if number == HANGUP:  # it is sent twice: by the system and by the shell
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    raise KeyboardInterrupt
