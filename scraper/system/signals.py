"""Signals that end the program: defer them for a block, and recognise the errors that they cause."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals of Ctrl-C, the system, and a closed terminal (which Windows does not have)."""

ALARMS = tuple(getattr(signal, name) for name in ("SIGALRM",) if hasattr(signal, name))
"""Signals that interrupt a shutdown that takes too long."""


@contextmanager
def defer_signals() -> Iterator[None]:
    """Defer the signals until the end of the block, which must be short; the first one is raised again then.

    Python handles signals in the main thread only, so in other threads this does nothing.
    """
    if current_thread() is not main_thread():
        yield
        return
    came: list[int] = []
    handlers = {number: handler for number in (*SIGNALS, *ALARMS) if (handler := signal.getsignal(number)) is not None}
    for number in handlers:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def is_from_interruption(error: BaseException) -> bool:
    """Return whether a KeyboardInterrupt caused the error.

    A library may turn a KeyboardInterrupt raised inside it into its own error.
    """
    before: BaseException | None = error
    while before is not None:
        if isinstance(before, KeyboardInterrupt):
            return True
        before = before.__cause__ or before.__context__
    return False
