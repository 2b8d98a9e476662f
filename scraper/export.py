"""An export, step by step: log in, record the planning, parse it, publish the calendars."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from scraper.config.portal_account import MANUAL_LOGIN_SECONDS, Account
from scraper.domain.planning import Period
from scraper.domain.progress import Progress
from scraper.domain.recording import Recording, dumps
from scraper.errors import AurionError, CredentialsMissing, LoginRefused, SessionExpired, SuspiciouslyEmpty
from scraper.parsing.read import read
from scraper.parsing.redaction.redact_recording import redact_recording
from scraper.portal.browser import Chromium, browser_versions
from scraper.portal.planning_page import PlanningPage
from scraper.portal.screenshots import ScreenshotRecorder
from scraper.portal.session import Session, open_session
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.publish import ExportResult, PublishOptions, publish
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
    chromium: Chromium,
    options: PublishOptions,
    *,
    record: Path | None = None,
) -> ExportResult:
    """Export the planning of a period to the calendars; `record` is a file for the redacted recording.

    Raise AurionError; the published calendars then stay as they were.
    """
    started, progress = monotonic(), options.progress
    check_destinations(account, targets)
    with open_account_session(account, progress, chromium, account.saved_session()) as session:
        page = PlanningPage(session=session, menu=account.menu)
        recording = _record_planning(session, page, period, account, record)
        if saved := session.make_saved_session(page.address):
            account.session_file.write(saved)
    with progress.step("reading"):
        planning = read(recording)
    try:
        options = replace(options, now=datetime.now(UTC))
        outcome = publish(planning, account.school, targets, ledger_of_account(account), options)
    except SuspiciouslyEmpty as error:
        error.facts["account"] = account.name
        _save_failed_recording(recording, account, error)
        raise
    return replace(outcome, requests=session.tab.network.asked, seconds=monotonic() - started)


def log_in(account: Account, progress: Progress, chromium: Chromium) -> None:
    """Log in, without a saved session, and save the new one for the next export.

    Raise AurionError; StateError, before the login, if the session cannot be saved.
    """
    account.session_file.check()
    with open_account_session(account, progress, chromium, None) as session:
        try:
            session.enter(session.new_login())
        except AurionError as error:
            today = datetime.now(account.school.zone).date()
            _save_failure(session, account, session.recording(Period(first=today, last=today), error), error)
            raise
        if saved := session.make_saved_session(""):
            account.session_file.write(saved)


def check_destinations(account: Account, targets: Sequence[CalendarTarget]) -> None:
    """Raise DeliveryError or LedgerError, before the portal is asked, if calendars or ledger cannot be written."""
    for target in targets:
        target.sink.check()
    ledger_of_account(account).check()


@contextmanager
def open_account_session(
    account: Account, progress: Progress, chromium: Chromium, saved: SavedSession | None
) -> Iterator[Session]:
    """Open a session of the account in a context of its own, with the saved cookies if there are any."""
    browser = chromium.start()
    live = None if account.by_hand else account.pictures  # a screenshot would clear the fields that the user fills in
    with chromium.context(account.school.timezone, saved.state if saved else None) as context:
        session = open_session(
            context,
            school=account.school,
            credentials=account.credentials,
            steps=ScreenshotRecorder(
                folder=account.debug, last=account.failure, pictures=live, secrets=account.secrets
            ),
            progress=progress,
            timeout=account.timeout,
            login_hosts=account.login_hosts,
            saved=saved,
            by_hand=MANUAL_LOGIN_SECONDS if account.by_hand else None,
            on_verdict=lambda verdict: _note_login(account, accepted=verdict == "accepted"),
        )
        session.versions = browser_versions(browser)
        yield session


def _note_login(account: Account, *, accepted: bool) -> None:
    with suppress(AurionError):  # an unwritable state folder is reported at the end of the run
        Runs(account.state, account.runs).note_login(accepted=accepted)


def _record_planning(
    session: Session, page: PlanningPage, period: Period, account: Account, record: Path | None
) -> Recording:
    failure = None
    try:
        page.record(period)
    except AurionError as error:
        failure = error
    recording = session.recording(period, failure)
    if failure:
        _save_failure(session, account, recording, failure)
    if record is not None:
        FileSink(path=record, kind=RECORDING).deliver(dumps(redact_recording(recording, account.secrets)).encode())
    if failure:
        raise failure
    return recording


def _save_failure(session: Session, account: Account, recording: Recording, error: AurionError) -> None:
    """Save the last page and the redacted recording in the state folder; an OSError must not hide the error itself."""
    if isinstance(error, LoginRefused | SessionExpired | CredentialsMissing):
        account.session_file.delete()
    with suppress(OSError):
        private_folder(account.state)
        session.steps.fail(session.tab.page)
    _save_failed_recording(recording, account, error)


def _save_failed_recording(recording: Recording, account: Account, error: AurionError) -> None:
    with suppress(OSError):
        private_folder(account.state)
        path = account.failure.with_name(f"{account.failure.name}.json")
        write_private(path, dumps(redact_recording(recording, account.secrets)).encode())
        error.details = str(path)
