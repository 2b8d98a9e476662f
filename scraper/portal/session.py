"""A session at a portal: a tab that is logged in, or logs in when required; it is saved between runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import stamina
from playwright.sync_api import BrowserContext, Error

from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.domain.progress import Progress
from scraper.domain.recording import Capture, Failure, Proof, Recording, Snapshot
from scraper.domain.school import School
from scraper.errors import AurionError, PortalError
from scraper.parsing.page import Page, classify
from scraper.portal.failures import is_passing
from scraper.portal.login import FIRST, Login, OnVerdict, arrive
from scraper.portal.screenshots import ScreenshotRecorder
from scraper.portal.tab import Tab, new_tab
from scraper.portal.throttle import Throttle, hold_requests
from scraper.system.session_file import SavedSession


@dataclass(slots=True, kw_only=True)
class Session:
    """A student's session at a portal. Every page seen is added to the recording."""

    tab: Tab
    school: School
    credentials: Credentials = field(repr=False)
    allowed: frozenset[str]
    steps: ScreenshotRecorder
    progress: Progress
    by_hand: float | None = None
    saved: SavedSession | None = None
    on_verdict: OnVerdict = lambda _: None
    snapshots: list[Snapshot] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)
    proved: tuple[Proof, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def note(self, page: Snapshot) -> Snapshot:
        """Add a page to the recording, and write its screenshot where steps are recorded."""
        seconds = round((datetime.now(UTC) - self.began).total_seconds(), 1)
        self.snapshots.append(replace(page, seconds=seconds))
        self.steps.take(self.tab.page, page.step)
        return page

    def enter(self, login: Login) -> Snapshot:
        """Open the portal's home page, log in where needed, and return a page with the menu."""
        with self.progress.step("portal"):
            self.tab.goto(f"{self.school.base_url}/")
            page = arrive(self.tab, FIRST)
        return self.ensure_logged_in(page, login)

    def ensure_logged_in(self, page: Snapshot, login: Login) -> Snapshot:
        """Return a page inside the portal, from one that may be a login page."""
        self.note(page)
        page = login.open_login_page(page)
        if classify(page) is not Page.LOGIN:
            return self._log_in(page, login)
        with self.progress.step("login"):
            return self.note(self._log_in(page, login))

    def _log_in(self, page: Snapshot, login: Login) -> Snapshot:
        """Log in; also record the page on which that fails, because a repair of the school's settings starts there."""
        try:
            return login.log_in(page)
        except PortalError:
            if login.last is not None and login.last is not page:
                self.note(login.last)
            raise

    def new_login(self) -> Login:
        """Return a login that has sent nothing yet."""
        return Login(
            tab=self.tab, credentials=self.credentials, allowed=self.allowed, by_hand=self.by_hand,
            on_verdict=self.on_verdict, has_saved_session=self.saved is not None,
        )  # fmt: skip

    def make_saved_session(self, planning: str) -> SavedSession | None:
        """Return the portal's own cookies, without those of other hosts, and the timetable's address.

        None where the browser has ended.
        """
        try:
            cookies = self.tab.page.context.cookies()  # of any path: the base address may be a subfolder of the portal
        except Error:
            return None
        own = tuple(dict(c) for c in cookies if c.get("domain", "").lstrip(".") == self.tab.host)
        return SavedSession(login=self.credentials.login, address=self.school.base_url, planning=planning, cookies=own)

    def recording(self, period: Period, error: AurionError | None = None) -> Recording:
        """Return all that was recorded so far, with the error where the run failed."""
        failure = Failure(error=type(error).__name__, reason=error.reason, facts=dict(error.facts)) if error else None
        return Recording(
            school=self.school,
            period=period,
            taken_at=self.began,
            versions=dict(self.versions),
            snapshots=tuple(self.snapshots),
            captures=tuple(self.captures),
            proved=self.proved,
            failure=failure,
        )


def attempts() -> Iterator[stamina.Attempt]:
    """Yield up to three attempts, some seconds apart, for failures that may pass; others are raised at once."""
    stamina.instrumentation.set_on_retry_hooks(())
    return iter(
        stamina.retry_context(on=is_passing, attempts=3, timeout=None, wait_initial=1, wait_max=6, wait_jitter=1)
    )


def open_session(
    context: BrowserContext,
    *,
    school: School,
    credentials: Credentials,
    steps: ScreenshotRecorder,
    progress: Progress,
    timeout: float = 60,
    login_hosts: frozenset[str] = frozenset(),
    saved: SavedSession | None = None,
    by_hand: float | None = None,
    on_verdict: OnVerdict = lambda _: None,
    throttle: Throttle | None = None,
) -> Session:
    """Return a session in this context, not logged in yet. `timeout` is in seconds, for one step of the portal.

    With `throttle`, each exchange with the portal waits for its time.
    """
    host = urlsplit(school.base_url).hostname or ""
    tab = new_tab(context, host, timeout, steps.show)
    if throttle is not None:
        hold_requests(tab.page, host, throttle)
    allowed = frozenset({host, *school.login_hosts, *login_hosts})
    return Session(
        tab=tab, school=school, credentials=credentials, allowed=allowed, steps=steps, progress=progress,
        saved=saved, by_hand=by_hand, on_verdict=on_verdict,
    )  # fmt: skip
