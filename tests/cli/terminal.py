"""A pseudo-terminal that runs the command, shows its output and types answers."""

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """One command at a terminal of its own; `shown` is its output so far."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        self._side, other = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scraper", *arguments], stdin=other, stdout=other, stderr=other, cwd=cwd,
            env={**os.environ, "COLUMNS": "160", "TERM": "xterm"}, preexec_fn=_own_terminal,  # noqa: PLW1509 - no threads
        )  # fmt: skip
        os.close(other)
        self.shown = ""
        self._read = 0

    def expect(self, text: str, seconds: float = 60) -> str:
        """Wait until the text is shown after the last expected text, and return the text in between."""
        until = time.monotonic() + seconds
        while (at := self.shown.find(text, self._read)) < 0:
            assert time.monotonic() < until, f"no {text!r} in {self.shown[self._read :]!r}"
            if not self._more():
                at = self.shown.find(text, self._read)
                assert at >= 0, f"ended without {text!r}: {self.shown[self._read :]!r}"
        between, self._read = self.shown[self._read : at], at + len(text)
        return between

    def answer(self, question: str, typed: str) -> None:
        """Wait for the question, then type the answer and a new line, or one of the keys that cancel."""
        self.expect(question)
        self.expect(": ")
        while not self._sleeps():
            time.sleep(0.02)
        os.write(self._side, (typed if typed in {CTRL_C, CTRL_D} else f"{typed}\n").encode())

    def end(self, seconds: float = 60) -> int:
        """Wait for the end and return the exit code."""
        until = time.monotonic() + seconds
        while self._more():
            assert time.monotonic() < until, self.shown
        os.close(self._side)
        return self._process.wait(timeout=100)

    def _sleeps(self) -> bool:
        """Return whether the command waits for a key; it would notice an earlier key only after the next."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] == "S"

    def _more(self) -> bool:
        """Read more output; return False after its end."""
        if not select.select([self._side], [], [], 0.5)[0]:
            return True
        try:
            read = os.read(self._side, 65536)
        except OSError:
            return False
        self.shown += read.decode(errors="replace")
        return bool(read)


def _own_terminal() -> None:
    """Make the terminal the controlling one, so that Ctrl-C reaches the command."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
