"""The whole story on one page: log in, record, read, render, deliver."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from scraper.config.account import MANUAL_LOGIN_SECONDS, Account
from scraper.domain.planning import Period
from scraper.domain.progress import Progress
from scraper.domain.recording import Recording, dumps
from scraper.errors import AurionError, CredentialsMissing, LoginRefused, SessionExpired, SuspiciouslyEmpty
from scraper.parsing.read import read
from scraper.portal.browser import Chromium, versions
from scraper.portal.planning_page import PlanningPage
from scraper.portal.screenshots import ScreenshotRecorder
from scraper.portal.session import Session, open_session
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.publish import ExportResult, publish
from scraper.publishing.target import CalendarTarget
from scraper.sinks.file import FileSink
from scraper.sinks.file_kind import RECORDING
from scraper.system.files import private_folder, write_private
from scraper.system.run_history import Runs
from scraper.system.session_file import SavedSession


def export(
    account: Account,
    period: Period,
    targets: Sequence[CalendarTarget],
    progress: Progress,
    chromium: Chromium,
    *,
    record: Path | None = None,
    accept_empty: bool = False,
    hold: bool = False,
    before_commit: Callable[[], None] = lambda: None,
) -> ExportResult:
    """From the portal to the calendars; `hold` and `before_commit` are publish's.

    Raises AurionError; the calendars that are there then stay as they were.
    """
    began = monotonic()
    check_before(account, targets)
    with session_of(account, progress, chromium, account.saved_session()) as session:
        page = PlanningPage(session=session, menu=account.menu)
        recording = _recorded(session, page, period, account, record)
        session.keep(account.session_file, page.address)
    with progress.step("reading"):
        planning = read(recording)
    try:
        outcome = publish(
            planning, account.school, targets, ledger_of_account(account), progress, now=datetime.now(UTC),
            accept_empty=accept_empty, hold=hold, before_commit=before_commit,
        )  # fmt: skip
    except SuspiciouslyEmpty as error:
        error.facts["account"] = account.name
        _keep_scrubbed(recording, account, error)
        raise
    return replace(outcome, requests=session.tab.wire.asked, seconds=monotonic() - began)


def check_before(account: Account, targets: Sequence[CalendarTarget]) -> None:
    """Raise now what this machine alone would make fail after the login; nothing is asked of the portal.

    Raises DeliveryError, LedgerError.
    """
    for target in targets:
        target.sink.check()
    ledger_of_account(account).check()


def log_in(account: Account, progress: Progress, chromium: Chromium) -> None:
    """Only the login, always a new one: its session is kept for the next export. Raises AurionError.

    Where that could not be kept, a StateError comes before the login.
    """
    account.session_file.check()
    with session_of(account, progress, chromium, None) as session:
        try:
            session.enter(session.new_login())
        except AurionError as error:
            today = datetime.now(account.school.zone).date()
            _keep_failure(session, account, session.recording(Period(first=today, last=today), error), error)
            raise
        session.keep(account.session_file, "")


@contextmanager
def session_of(
    account: Account, progress: Progress, chromium: Chromium, kept: SavedSession | None
) -> Iterator[Session]:
    """A session of this account, the kept one where there is one."""
    browser = chromium.start()
    with chromium.context(account.school.timezone, kept.state if kept else None) as context:
        session = open_session(
            context,
            school=account.school,
            credentials=account.credentials,
            steps=_steps(account),
            progress=progress,
            timeout=account.timeout,
            login_hosts=account.login_hosts,
            kept=kept,
            by_hand=MANUAL_LOGIN_SECONDS if account.by_hand else None,
            on_verdict=lambda verdict: _note_login(account, accepted=verdict == "accepted"),
        )
        session.versions = versions(browser)
        yield session


def _note_login(account: Account, *, accepted: bool) -> None:
    with suppress(AurionError):  # the run's end says it, if that can be written
        Runs(account.state, account.runs).note_login(accepted=accepted)


def _steps(account: Account) -> ScreenshotRecorder:
    watched = None if account.by_hand else account.pictures  # where a person types nothing may be emptied
    return ScreenshotRecorder(folder=account.debug, last=account.failure, pictures=watched, secrets=account.secrets)


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
        FileSink(path=record, kind=RECORDING).deliver(_scrubbed(recording, account))


def _scrubbed(recording: Recording, account: Account) -> bytes:
    from scraper.parsing.redaction.recording import scrub  # noqa: PLC0415 - only a recording that is kept needs it

    return dumps(scrub(recording, account.secrets)).encode()


def _keep_failure(session: Session, account: Account, recording: Recording, error: AurionError) -> None:
    """Leaves the last page and the scrubbed recording in the state folder; nothing of it may hide the error itself."""
    if isinstance(error, LoginRefused | SessionExpired | CredentialsMissing):
        account.session_file.delete()
    with suppress(OSError):
        private_folder(account.state)
        session.steps.fail(session.tab.page)
    _keep_scrubbed(recording, account, error)


def _keep_scrubbed(recording: Recording, account: Account, error: AurionError) -> None:
    with suppress(OSError):
        private_folder(account.state)
        kept = account.failure.with_name(f"{account.failure.name}.json")
        write_private(kept, _scrubbed(recording, account))
        error.details = str(kept)
