"""An export process that waits with a started browser, so that a click on the page does not wait for one."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic

from scraper.runs.worker import start_waiting
from scraper.system.processes import GRACE, finish_process

IDLE = 300.0
"""Seconds without a visit after which the process ends."""
Process = subprocess.Popen[str]


@dataclass(slots=True)
class ReadyWorker:
    """The waiting process of the account visited last; it ends after five minutes without a visit.

    Any thread may call any method.
    """

    environment: Mapping[str, str] = field(repr=False)
    _process: Process | None = None
    _account: str = ""
    _until: float = 0
    _lock: Lock = field(default_factory=Lock)
    _over: Event = field(default_factory=Event)

    def prepare(self, account: str) -> None:
        """Note a visit: start a process for the account unless one waits."""
        with self._lock:
            self._until = monotonic() + IDLE
            is_waiting = self._account == account and self._process is not None and self._process.poll() is None
            if is_waiting or self._over.is_set():
                return
            self._end()
            self._account = account
            try:
                self._process = start_waiting(account, self.environment)
            except OSError:
                return
            Thread(target=self._end_when_idle, args=(self._process,), daemon=True).start()

    def take(self, account: str) -> Process | None:
        """Return the account's waiting process, which the caller ends; None where there is none."""
        with self._lock:
            if self._account != account or self._process is None or self._process.poll() is not None:
                return None
            process, self._process = self._process, None
            return process

    def close(self) -> None:
        """End the process and wait for its end; later visits start none."""
        self._over.set()
        with self._lock:
            if (ending := self._end()) is not None:
                ending.join()

    def _end_when_idle(self, process: Process) -> None:
        while (seconds := self._until - monotonic()) > 0 and self._process is process:
            if self._over.wait(seconds):
                return
        with self._lock:
            if self._process is process:
                self._end()

    def _end(self) -> Thread | None:
        """Start to end the process; return the thread that does."""
        if (process := self._process) is None:
            return None
        self._process = None
        ending = Thread(target=_let_end, args=(process,))
        ending.start()
        return ending


def _let_end(process: Process) -> None:
    """Close the process's standard input, on which it ends, and kill it if it does not."""
    finish_process(process, typed="", seconds=GRACE, on_line=lambda _: None)
