"""The browser of a worker: one Chromium for many students, each in a context of its own, renewed after a while."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import psutil

from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.domain.progress import Silent
from scraper.domain.recording import Recording
from scraper.domain.school import School
from scraper.errors import AurionError, PortalUnavailable
from scraper.portal.browser import Chromium, browser_versions, first_that_starts, process_number
from scraper.portal.driver import start_driver
from scraper.portal.login import OnVerdict
from scraper.portal.planning_page import PlanningPage
from scraper.portal.screenshots import ScreenshotRecorder
from scraper.portal.session import Session, open_session
from scraper.portal.throttle import Throttle
from scraper.system.find_browser import find_browsers
from scraper.system.network.access import Access
from scraper.system.processes import is_alive
from scraper.system.session_file import SavedSession

BOUND = 600.0
"""Time limit of a session in seconds, after which the browser is killed."""
GRACE = 30.0
"""Seconds for a session to end after the browser was killed; then it is left behind, with its thread."""
MOST_SESSIONS = 200
"""The sessions after which a new browser is started."""
MOST_BYTES = 600_000_000
"""The memory of the browser's processes above which a new one is started."""
Result = TypeVar("Result")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAccess:
    """A student's access to a portal: `saved` is the last session there, `throttle` reserves each exchange.

    `on_verdict` is called as soon as the portal has accepted or refused the password.
    """

    school: School
    credentials: Credentials = field(repr=False)
    throttle: Callable[[], float]
    on_verdict: OnVerdict
    saved: SavedSession | None = field(default=None, repr=False)


class PortalVisitor(Protocol):
    """What a worker does at portals. Both methods return the session to be saved, and raise AurionError."""

    def log_in(self, access: PortalAccess) -> SavedSession | None:
        """Log in with the password."""

    def record(self, access: PortalAccess, period: Period) -> tuple[Recording, SavedSession | None]:
        """Record the planning of a period."""


@dataclass(slots=True, kw_only=True)
class _Pace:
    """A throttle with errors that end the session: the request fails, and the session raises the error."""

    throttle: Throttle
    error: AurionError | None = None

    def __call__(self) -> float:
        try:
            return self.throttle()
        except AurionError as error:
            self.error = error
            raise


@dataclass(slots=True, kw_only=True)
class SharedBrowser:
    """A Chromium that all students of a worker share. It can reach only the hosts of the `schools`.

    `path` is the browser to use; None: the best one found. Any thread may call any method: the work is done, one
    session after the other, in one thread, to which Playwright is bound.
    """

    schools: Sequence[School]
    access: Access = field(default_factory=Access)
    path: Path | None = None
    sandbox: bool = True
    timeout: float = 60
    bound: float = BOUND
    most_sessions: int = MOST_SESSIONS
    sessions: int = 0
    _chromium: Chromium | None = None
    _process: psutil.Process | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "browser"))

    def log_in(self, access: PortalAccess) -> SavedSession | None:
        """Log in with the password, without a saved session; return the session to be saved. Raise AurionError."""

        def enter() -> SavedSession | None:
            with self._session(access) as session:
                session.enter(session.new_login())
                return session.make_saved_session("")

        return self._run(enter)

    def record(self, access: PortalAccess, period: Period) -> tuple[Recording, SavedSession | None]:
        """Record the planning of a period; return it with the session to be saved. Raise AurionError."""

        def read() -> tuple[Recording, SavedSession | None]:
            with self._session(access) as session:
                page = PlanningPage(session=session)
                page.record(period)
                return session.recording(period), session.make_saved_session(page.address)

        return self._run(read)

    def close(self) -> None:
        """Close the browser and its driver, and end the thread."""
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def memory(self) -> int:
        """Return the bytes of memory of the browser's processes; 0 where none runs."""
        if self._process is None:
            return 0
        with suppress(psutil.Error):
            return sum(map(_memory_of, (self._process, *self._process.children(recursive=True))))
        return 0

    def _run(self, work: Callable[[], Result]) -> Result:
        """Do the work in the browser's thread. Raise PortalUnavailable("hung") where it does not end in time."""
        running = self._thread.submit(work)
        if not wait([running], self.bound).not_done:
            return running.result()
        log.warning("browser: killed, a session did not end")
        if self._process is not None:
            driver = self._process.parent()
            for process in filter(None, (self._process, driver)):  # either of them may be what hangs
                with suppress(psutil.Error):
                    process.kill()
        if wait([running], GRACE).not_done:  # it waits for something else, or its browser has not started yet
            self._thread, self._open = ThreadPoolExecutor(1, "browser"), ExitStack()
            self._chromium, self._process, self.sessions = None, None, 0
        raise PortalUnavailable("hung", minutes=round(self.bound / 60))

    @contextmanager
    def _session(self, access: PortalAccess) -> Iterator[Session]:
        """Open a session, not logged in, in a context of its own."""
        chromium = self._usable_browser()
        pace, saved = _Pace(throttle=access.throttle), access.saved
        self.sessions += 1
        try:
            with chromium.context(access.school.timezone, saved.state if saved else None) as context:
                session = open_session(
                    context, school=access.school, credentials=access.credentials, steps=ScreenshotRecorder(),
                    progress=Silent(), timeout=self.timeout, saved=saved, on_verdict=access.on_verdict, throttle=pace,
                )  # fmt: skip
                session.versions = browser_versions(chromium.start())
                yield session
        except AurionError:
            if pace.error is not None:
                raise pace.error from None
            raise

    def _usable_browser(self) -> Chromium:
        """Return the browser; a new one after many sessions, with too much memory, or where it has ended."""
        has_ended = self._process is not None and not is_alive(self._process)
        if self.sessions >= self.most_sessions or has_ended or self.memory() > MOST_BYTES:
            log.info("browser: renewed after %d sessions", self.sessions)
            self._close()
        if self._chromium is None:
            self._chromium = self._start_browser()
            self._process = psutil.Process(process_number(self._chromium.start()))
        return self._chromium

    def _close(self) -> None:
        self._chromium, self._process, self.sessions = None, None, 0
        self._open.close()

    def _start_browser(self) -> Chromium:
        driver = self._open.enter_context(start_driver())
        hosts = tuple(dict.fromkeys(host for school in self.schools for host in school.hosts))
        candidates = (
            Chromium(driver=driver, path=path, hosts=hosts, sandbox=self.sandbox, access=self.access)
            for path in find_browsers(self.path)
        )
        return self._open.enter_context(closing(first_that_starts(candidates)))


def _memory_of(process: psutil.Process) -> int:
    """Return the memory of a process, of which shared pages count in parts where the system shows it; 0 if it ended."""
    with suppress(psutil.Error):
        memory = process.memory_full_info()
        return int(getattr(memory, "pss", memory.uss))
    return 0
