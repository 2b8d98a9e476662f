"""A run at a terminal: with a stored or typed password, progress and result are shown, and the run is stored."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.cli.answers import ask_password, can_ask
from scraper.cli.error_output import name_in_hints
from scraper.cli.output import write_json
from scraper.cli.progress_output import progress_on
from scraper.domain.progress import CHILD, Progress, Silent
from scraper.errors import CredentialsMissing
from scraper.i18n import Catalogue
from scraper.runs.worker_progress import Steps
from scraper.system.interruptions import ignore_interruptions

if TYPE_CHECKING:
    from scraper.config.portal_account import Account
    from scraper.portal.browser import Chromium
    from scraper.publishing.job import ExportJob
    from scraper.publishing.publish import ExportResult, PublishOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a run that do not belong to an account; `is_stored` is false for runs without history."""

    words: Catalogue
    record: Path | None = None
    allow_mass_removal: bool = False
    quiet: bool = False
    json_output: bool = False
    is_stored: bool = True

    def progress(self, jobs: "Sequence[ExportJob]") -> Progress:
        """Return the progress output, on standard error if a calendar goes to standard output."""
        if os.environ.get(CHILD):
            return Steps(sys.stderr)
        stream = sys.stderr if any(job.is_piped for job in jobs) else sys.stdout
        return Silent() if self.quiet or self.json_output else progress_on(stream, self.words)


def with_password(account: "Account", words: Catalogue) -> "Account":
    """Return the account with its stored password, or else a typed one.

    Raise CredentialsMissing without a terminal, VaultLocked.
    """
    if account.name:
        from scraper.cli.passphrase import passphrase_prompt
        from scraper.config.vault.vaults import vaults

        if found := vaults(passphrase_prompt(words)).find(account.name):
            secret = found[1].get_secret_value()
            return replace(account, credentials=replace(account.credentials, password=secret))
    typed = ask_password(account.school, words)
    return replace(account, credentials=replace(account.credentials, password=typed))


def _with_password(job: "ExportJob", words: Catalogue) -> "ExportJob":
    return replace(job, account=with_password(job.account, words))


def run_export(job: "ExportJob", options: RunOptions, chromium: "Chromium", progress: Progress) -> "ExportResult":
    """Run an export and store the run. Raise AurionError."""
    return run_and_store(job.account, options, lambda: _with_session_or_password(job, options, chromium, progress))


def run_and_store(account: "Account", options: RunOptions, work: "Callable[[], ExportResult]") -> "ExportResult":
    """Call `work` as a run of the account: locked against other runs, shown as in progress, and stored at its end.

    Runs without an account may overlap: they are separated only by the ledger, and several portals may share a login.
    Raise the errors of `work`; AnotherRun, before any work, if the account is being exported; DeliveryError.
    """
    work = name_in_hints(account.name)(work)
    if not options.is_stored or os.environ.get(CHILD):  # the parent process stores the run
        return work()
    from scraper.runs.run import record_run
    from scraper.system.run_history import Runs

    return record_run(
        Runs(account.state, account.runs), work, lambda: datetime.now(UTC),
        retry_blocked=True, may_overlap=not account.name, must_store=False,
    )  # fmt: skip


def _with_session_or_password(
    job: "ExportJob", options: RunOptions, chromium: "Chromium", progress: Progress
) -> "ExportResult":
    """Export with the saved session if there is one; get the password only when it is needed."""
    if not job.account.credentials.password and job.account.saved_session() is None:
        job = _with_password(job, options.words)
    try:
        return export_job(job, options, chromium, progress)
    except CredentialsMissing:
        if job.account.credentials.password or not (job.account.name or can_ask()):
            raise
        return export_job(_with_password(job, options.words), options, chromium, progress)


def export_job(job: "ExportJob", options: RunOptions, chromium: "Chromium", progress: Progress) -> "ExportResult":
    """Run an export with the job's password or saved session. Raise AurionError, CredentialsMissing without both."""
    from scraper.export import export
    from scraper.publishing.feed_calendars import feed_targets

    own = job.targets
    outcome = export(
        job.account, job.period, (*own, *feed_targets(job, datetime.now(UTC))), chromium,
        publish_options(job, progress, allow_mass_removal=options.allow_mass_removal), record=options.record,
    )  # fmt: skip
    return replace(outcome, outputs=outcome.outputs[: len(own)])


def publish_options(job: "ExportJob", progress: Progress, *, allow_mass_removal: bool = False) -> "PublishOptions":
    """Return the options of a publication now, with a delivery that ignores interruptions."""
    from scraper.publishing.publish import PublishOptions

    return PublishOptions(
        now=datetime.now(UTC), review=job.review, allow_mass_removal=allow_mass_removal,
        before_commit=lambda: protect_delivery(job), progress=progress,
    )  # fmt: skip


def protect_delivery(job: "ExportJob") -> None:
    """Ignore interruptions from the commit to the delivery, unless a slow pipe or server may make the user wait."""
    if not (job.is_piped or job.is_pushed):
        ignore_interruptions()


def report_outcome(outcome: "ExportResult", options: RunOptions, account: str = "") -> None:
    """Write the result, as text or as JSON, and the warnings; the account is for the commands to run next."""
    from scraper.cli.summary import result_data, write_summary, write_warnings

    if options.json_output:
        write_json(result_data(outcome))
    elif not options.quiet:
        stream = sys.stderr if "-" in outcome.outputs else sys.stdout
        write_summary(outcome, options.words, stream, datetime.now().astimezone(), account)
    write_warnings(outcome, options.words)
