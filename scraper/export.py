"""The whole story on one page: log in, record, read, render, deliver."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scraper.errors import (
    AurionError,
    BrowserMissing,
    CredentialsMissing,
    DeliveryError,
    LoginRefused,
    SessionExpired,
    SuspiciouslyEmpty,
)
from scraper.planning import Period
from scraper.portal.browser import new_context, open_browser, versions
from scraper.portal.chromium import find_browser
from scraper.portal.credentials import Credentials
from scraper.portal.kept import Kept, SessionFile
from scraper.private import private_folder
from scraper.progress import Progress
from scraper.recording import Recording, dumps
from scraper.school import School
from scraper.sinks.file import FileSink

if TYPE_CHECKING:
    from scraper.ledger import Ledger
    from scraper.portal.planning_page import PlanningPage
    from scraper.portal.session import Session
    from scraper.publish import Outcome, Target

BY_HAND = 600
"""Seconds that a person has to finish a login in the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who logs in where, and how; `state` is the folder for what is kept between runs."""

    school: School
    credentials: Credentials = field(repr=False)
    state: Path
    login_hosts: frozenset[str] = frozenset()
    menu: str = ""
    timeout: float = 60
    headless: bool = True
    browser: Path | None = None
    debug: Path | None = None
    by_hand: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may stand in nothing that is written."""
        return tuple(secret for secret in (self.credentials.password, self.credentials.login) if secret)

    @property
    def session_file(self) -> SessionFile:
        """Where this account's session is kept."""
        name = hashlib.sha256(f"{self.school.base_url}\n{self.credentials.login}".encode()).hexdigest()[:16]
        return SessionFile(self.state / "sessions" / f"{name}.json")

    def kept(self) -> Kept | None:
        """The session that the last run left, if it may still live."""
        return self.session_file.read(self.credentials.login, self.school.base_url)

    def ledger(self) -> Ledger:
        """What is remembered of this account's planning."""
        from scraper.ledger import Ledger, ledger_file  # noqa: PLC0415 - see _import_meanwhile

        return Ledger(ledger_file(self.state, self.school.namespace, self.credentials.login), self.school.zone)

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts that Chromium may reach; none named where a person finishes the login: then all."""
        own = urlsplit(self.school.base_url).hostname or ""
        return () if self.by_hand else (own, *self.school.login_hosts, *self.school.further_hosts, *self.login_hosts)


def export(
    account: Account,
    period: Period,
    targets: Sequence[Target],
    progress: Progress,
    *,
    record: Path | None = None,
    accept_empty: bool = False,
    before_commit: Callable[[], None] = lambda: None,
) -> Outcome:
    """From the portal to the calendars; `before_commit` is publish's.

    Raises AurionError; the calendars that are there then stay as they were.
    """
    began = monotonic()
    for target in targets:
        target.sink.check()
    with logged_in(account, progress, account.kept()) as session:
        from scraper.portal.planning_page import PlanningPage  # noqa: PLC0415 - see _import_meanwhile
        from scraper.publish import publish  # noqa: PLC0415 - likewise

        page = PlanningPage(session=session, menu=account.menu)
        recording = _recorded(session, page, period, account, record)
        session.keep(account.session_file, page.address)
    try:
        outcome = publish(
            recording, targets, account.ledger(), progress, now=datetime.now(UTC), accept_empty=accept_empty,
            before_commit=before_commit,
        )  # fmt: skip
    except SuspiciouslyEmpty as error:
        _keep_scrubbed(recording, account, error)
        raise
    return replace(outcome, requests=session.tab.wire.asked, seconds=monotonic() - began)


def log_in(account: Account, progress: Progress) -> None:
    """Only the login, always a new one: its session is kept for the next export. Raises AurionError."""
    with logged_in(account, progress, None) as session:
        try:
            session.enter(session.new_login())
        except AurionError as error:
            today = datetime.now(account.school.zone).date()
            _keep_failure(session, account, session.recording(Period(first=today, last=today), error), error)
            raise
        session.keep(account.session_file, "")


@contextmanager
def logged_in(account: Account, progress: Progress, kept: Kept | None) -> Iterator[Session]:
    """A Chromium with a session of this account in it, the kept one where there is one; all is closed at the end."""
    threading.Thread(target=_import_meanwhile, daemon=True).start()
    path = find_browser(account.browser)
    if path is None:
        raise BrowserMissing("none")
    images = not account.headless or account.debug is not None
    with ExitStack() as stack:
        with progress.step("browser"):
            opened = open_browser(path, headless=account.headless, hosts=account.hosts, images=images)
            browser = stack.enter_context(opened)
            context = new_context(browser, account.school.timezone, kept.state if kept else None)
            from scraper.portal.session import open_session  # noqa: PLC0415 - see _import_meanwhile
            from scraper.portal.steps import Steps  # noqa: PLC0415 - likewise
        session = open_session(
            context,
            school=account.school,
            credentials=account.credentials,
            steps=Steps(folder=account.debug, last=account.state, secrets=account.secrets),
            progress=progress,
            timeout=account.timeout,
            login_hosts=account.login_hosts,
            kept=kept,
            by_hand=BY_HAND if account.by_hand else None,
        )
        session.versions = versions(browser)
        yield session


def _recorded(session: Session, page: PlanningPage, period: Period, account: Account, record: Path | None) -> Recording:
    try:
        page.record(period)
    except AurionError as error:
        recording = session.recording(period, error)
        _keep_failure(session, account, recording, error)
        _keep_recording(recording, account, record)
        raise
    recording = session.recording(period)
    _keep_recording(recording, account, record)
    return recording


def _keep_recording(recording: Recording, account: Account, record: Path | None) -> None:
    if record is not None:
        FileSink(path=record).deliver(_scrubbed(recording, account))


def _scrubbed(recording: Recording, account: Account) -> bytes:
    from scraper.scrub import scrub  # noqa: PLC0415 - only a recording that is kept needs it

    return dumps(scrub(recording, account.secrets)).encode()


def _keep_failure(session: Session, account: Account, recording: Recording, error: AurionError) -> None:
    """Leaves the last page and the scrubbed recording in the state folder; nothing of it may hide the error itself."""
    if isinstance(error, LoginRefused | SessionExpired | CredentialsMissing):
        account.session_file.drop()
    with suppress(OSError):
        private_folder(account.state)
        session.steps.fail(session.tab.page)
    _keep_scrubbed(recording, account, error)


def _keep_scrubbed(recording: Recording, account: Account, error: AurionError) -> None:
    with suppress(OSError, DeliveryError):
        private_folder(account.state)
        kept = account.state / "failure.json"
        FileSink(path=kept).deliver(_scrubbed(recording, account))
        kept.chmod(0o600)
        error.details = str(kept)


def _import_meanwhile() -> None:
    """What is needed only once the browser runs is read while it starts: that saves a tenth of a run."""
    import icalendar  # noqa: F401, PLC0415

    import scraper.portal.planning_page  # noqa: PLC0415
    import scraper.publish  # noqa: F401, PLC0415
