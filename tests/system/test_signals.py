"""Signals during a block: deferred, then answered by the handler of before."""

import signal
import subprocess
import sys
from threading import Thread

import pytest

from scraper.system.signals import SIGNALS, is_from_interruption, signals_deferred
from tests.cases import for_each
from tests.paths import ROOT

pytestmark = pytest.mark.slow

INTERRUPTED_IN_A_LIBRARY = """
from types import SimpleNamespace
from scraper import __main__
from scraper.cli import app

def interrupted(*_, **__):
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        raise RuntimeError("a library's word") from error

{}
__main__.main()
"""
HANGS = """
import os, signal, time
from scraper.system import interruptions
interruptions.PATIENCE = 0.3
interruptions.answer_interruptions()
try:
    signal.raise_signal(signal.SIGTERM)
except KeyboardInterrupt:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        os.write(1, b"interrupted again")
        os._exit(0)
"""


@for_each("number", SIGNALS)
def test_signal_is_answered_after_the_block(number: signal.Signals) -> None:
    """Of several signals one is answered, and the handler is the same afterwards."""
    came: list[str] = []
    signal.signal(number, handler := lambda *_: came.append("answered"))
    with signals_deferred():
        signal.raise_signal(number)
        signal.raise_signal(number)
        came.append("block ends")
    assert came == ["block ends", "answered"]
    assert signal.getsignal(number) is handler


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no such signal")
def test_ignored_signal_stays_ignored() -> None:
    """A program started with nohup outlives its terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with signals_deferred():
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_block_in_another_thread_changes_no_handler() -> None:
    """Python sets handlers in the main thread only."""
    before = [signal.getsignal(number) for number in SIGNALS]
    seen: list[object] = []

    def work() -> None:
        with signals_deferred():
            seen.extend(signal.getsignal(number) for number in SIGNALS)

    thread = Thread(target=work)
    thread.start()
    thread.join(60)
    assert seen == before


@for_each(
    "place", ["app.run_command_line = interrupted", "app.build_command = lambda *_: SimpleNamespace(main=interrupted)"]
)
def test_error_of_a_library_after_ctrl_c_is_an_interruption(place: str) -> None:
    """Exit code 130 without a traceback, at the start as well as in a command."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IN_A_LIBRARY.format(place), "schools"], cwd=ROOT,
        capture_output=True, encoding="utf-8", timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 130, done.stderr
    assert "library" not in done.stderr


def test_other_error_is_not_an_interruption() -> None:
    """Ignore the context of the error."""
    error = ValueError()
    error.__context__ = OSError()
    assert not is_from_interruption(error)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there is no such signal")
def test_hanging_cleanup_is_interrupted() -> None:
    """A library may wait forever for a driver that the same signal ended."""
    done = subprocess.run(
        [sys.executable, "-c", HANGS], cwd=ROOT, capture_output=True, encoding="utf-8",
        timeout=100, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "interrupted again"), done.stderr
