"""The runs that this server has under way: one for each account, in a thread of its own, watched by any number."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from threading import Condition, Event, Lock, Semaphore, Thread
from time import monotonic

from scraper.runs.worker import WorkerResult
from scraper.web.pages.screenshots import ScreenshotFolders

MOST_WATCHERS = 10
"""Each has a thread of the server's, of which there are few."""
PATIENCE = 30
"""Seconds that the server's end waits for the runs to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a run: how many seconds it took, or has taken so far."""

    name: str
    seconds: float
    is_over: bool


@dataclass(slots=True, kw_only=True)
class ActiveRun:
    """A run that goes on, and what came of it: `result` is None until then.

    `number` tells it from those before it. `ended` is set with the result. `pictures` is the folder for pictures of the
    portal's pages.
    """

    account: str
    number: int
    began: datetime
    pictures: Path
    is_first: bool = False
    stop: Event = field(default_factory=Event)
    result: WorkerResult | None = None
    ended: datetime | None = None
    _steps: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)
    _stood: float | None = None

    def step(self, name: str, seconds: float | None) -> None:
        """A step begins (None), or took so long; one that comes again goes on where it stood."""
        with self._changed:
            before, _ = self._steps.get(name, (0.0, None))
            self._steps[name] = (before, monotonic()) if seconds is None else (before + seconds, None)
            self._changed.notify_all()

    def end(self, result: WorkerResult, at: datetime) -> None:
        """What came of it, and when."""
        with self._changed:
            self.result, self.ended, self._stood = result, at, monotonic()
            self._changed.notify_all()

    def steps(self) -> tuple[Step, ...]:
        """Those that began, in their order."""
        with self._changed:
            now = monotonic() if self._stood is None else self._stood
            return tuple(
                Step(name=name, seconds=took + (now - since if since is not None else 0), is_over=since is None)
                for name, (took, since) in self._steps.items()
            )

    def wait(self, seconds: float) -> None:
        """Until something changes, so long at most."""
        with self._changed:
            if self.result is None:
                self._changed.wait(seconds)


Work = Callable[[ActiveRun], WorkerResult]
"""Does the run and remembers what came of it; raises nothing."""


@dataclass(slots=True, kw_only=True)
class ActiveRuns:
    """Of each account the run that goes on, or the last one."""

    clock: Callable[[], datetime]
    pictures: ScreenshotFolders
    _runs: dict[str, ActiveRun] = field(default_factory=dict)
    _threads: list[Thread] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _watchers: Semaphore = field(default_factory=lambda: Semaphore(MOST_WATCHERS))
    _over: bool = False

    def of(self, account: str) -> ActiveRun | None:
        """The account's."""
        return self._runs.get(account)

    def start(self, account: str, work: Work, *, is_first: bool = False) -> ActiveRun:
        """A new run, or the one that goes on already. Raises DeliveryError where the state folder cannot be written."""
        with self._lock:
            known = self._runs.get(account)
            if known is not None and (known.result is None or self._over):
                return known
            live = ActiveRun(
                account=account, number=known.number + 1 if known else 1, began=self.clock(), is_first=is_first,
                pictures=self.pictures.new(),
            )  # fmt: skip
            if known:
                rmtree(known.pictures, ignore_errors=True)
            if self._over:
                live.stop.set()
            self._runs[account] = live
            thread = Thread(target=lambda: live.end(work(live), self.clock()), name=f"run {account}")
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
            thread.start()
            return live

    @contextmanager
    def watched(self) -> Iterator[bool]:
        """While the block goes on somebody watches; False where so many do that this one should only look."""
        is_free = self._watchers.acquire(blocking=False)
        try:
            yield is_free
        finally:
            if is_free:
                self._watchers.release()

    def end(self) -> None:
        """Ends them all, and waits for it."""
        with self._lock:
            self._over = True
        for live in self._runs.values():
            live.stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self.pictures.end()
