"""The runs that this server has started: at most one per account, each in a thread, with any number of watchers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from threading import Condition, Event, Lock, Semaphore, Thread
from time import monotonic

from scraper.runs.worker import WorkerResult
from scraper.web.pages.screenshot_folders import ScreenshotFolders

MOST_WATCHERS = 10
"""Each watcher occupies one of the server's few threads."""
_PATIENCE = 30
"""Seconds for which the server waits for its runs when it shuts down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """A step of a run: how many seconds it took, or has taken so far."""

    name: str
    seconds: float
    is_over: bool


@dataclass(slots=True, kw_only=True)
class ActiveRun:
    """A run of this server, under way or finished: until then, `result` and `ended_at` are None.

    `number` counts the account's runs since the server started. `screenshots` is the run's folder for screenshots of
    the portal.
    """

    number: int
    started: datetime
    screenshots: Path
    is_first: bool = False
    stop: Event = field(default_factory=Event)
    result: WorkerResult | None = None
    ended_at: datetime | None = None
    _steps: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)
    _finished: float | None = None

    def record_step(self, name: str, seconds: float | None) -> None:
        """Record that a step starts (`seconds` is None) or took that long; a repeated step adds to its time."""
        with self._changed:
            seconds_before, _ = self._steps.get(name, (0.0, None))
            self._steps[name] = (seconds_before, monotonic()) if seconds is None else (seconds_before + seconds, None)
            self._changed.notify_all()

    def finish(self, result: WorkerResult, ended_at: datetime) -> None:
        """Record the result and the time of the end, and wake the watchers."""
        with self._changed:
            self.result, self.ended_at, self._finished = result, ended_at, monotonic()
            self._changed.notify_all()

    def steps(self) -> tuple[RunStep, ...]:
        """Return the steps so far, in the order in which they started."""
        with self._changed:
            now = monotonic() if self._finished is None else self._finished
            return tuple(
                RunStep(name=name, seconds=took + (now - since if since is not None else 0), is_over=since is None)
                for name, (took, since) in self._steps.items()
            )

    def wait_for_change(self, seconds: float) -> None:
        """Wait until the run changes, for that many seconds at most."""
        with self._changed:
            if self.result is None:
                self._changed.wait(seconds)


Work = Callable[[ActiveRun], WorkerResult]
"""A function that does the run, stores its outcome and returns it; it never raises."""


@dataclass(slots=True, kw_only=True)
class ActiveRuns:
    """The current or last run of each account."""

    clock: Callable[[], datetime]
    screenshots: ScreenshotFolders
    _runs: dict[str, ActiveRun] = field(default_factory=dict)
    _threads: list[Thread] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _watchers: Semaphore = field(default_factory=lambda: Semaphore(MOST_WATCHERS))
    _is_stopping: bool = False

    def get(self, account: str) -> ActiveRun | None:
        """Return the account's current or last run; None where this server started none."""
        return self._runs.get(account)

    def start(self, account: str, work: Work, *, is_first: bool = False) -> ActiveRun:
        """Start a run of the account, or return the one that is under way.

        Raise DeliveryError where the state folder cannot be written.
        """
        with self._lock:
            previous = self._runs.get(account)
            if previous is not None and (previous.result is None or self._is_stopping):
                return previous
            run = ActiveRun(
                number=previous.number + 1 if previous else 1, started=self.clock(), is_first=is_first,
                screenshots=self.screenshots.create(),
            )  # fmt: skip
            if previous:
                rmtree(previous.screenshots, ignore_errors=True)
            if self._is_stopping:
                run.stop.set()
            thread = Thread(target=lambda: run.finish(work(run), self.clock()), name=f"run {account}")
            thread.start()  # before it is kept: without a thread it would seem to run for ever
            self._runs[account] = run
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
            return run

    @contextmanager
    def watcher_slot(self) -> Iterator[bool]:
        """Hold one of the slots for watchers; yield False where all are taken and the caller should look only once."""
        is_free = self._watchers.acquire(blocking=False)
        try:
            yield is_free
        finally:
            if is_free:
                self._watchers.release()

    def stop_all(self) -> None:
        """Stop all runs and wait for them."""
        with self._lock:
            self._is_stopping = True
        for run in tuple(self._runs.values()):
            run.stop.set()
        for thread in self._threads:
            thread.join(_PATIENCE)
        self.screenshots.remove_own()
