"""A job done at a terminal: with the password that is kept or typed, its steps and its end told, and remembered."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.cli.options import asked_password, can_ask
from scraper.cli.progress import progress_on
from scraper.cli.signals import answer_interruptions, ignore_interruptions
from scraper.domain.progress import CHILD, Progress, Silent
from scraper.errors import AurionError, CredentialsMissing, Interrupted
from scraper.i18n import Catalogue
from scraper.runs.progress import Steps

if TYPE_CHECKING:
    from scraper.config.account import Account
    from scraper.portal.browser import Chromium
    from scraper.publishing.job import ExportJob
    from scraper.publishing.publish import ExportResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What holds for a whole run: what is told, and in which words."""

    words: Catalogue
    record: Path | None = None
    accept_empty: bool = False
    quiet: bool = False
    json_output: bool = False
    remembered: bool = True

    def progress(self, jobs: "Sequence[ExportJob]") -> Progress:
        """Where the steps are told: beside a calendar that goes to standard output."""
        if os.environ.get(CHILD):
            return Steps(sys.stderr)
        stream = sys.stderr if any(job.is_piped for job in jobs) else sys.stdout
        return Silent() if self.quiet or self.json_output else progress_on(stream, self.words)

    def remember(self, account: "Account", began: datetime, error: AurionError | None, *, held: bool = False) -> None:
        """What became of a run, for `account list`, `status` and the timer; nothing where it cannot be written."""
        from scraper.system.run_history import Run, Runs, failed_run

        seconds = round((datetime.now(UTC) - began).total_seconds(), 2)
        run = failed_run(began, error, seconds) if error else Run(at=began, exit_code=0, seconds=seconds, held=held)
        with suppress(AurionError):
            Runs(account.state, account.runs).add(run)


def with_password(account: "Account", words: Catalogue) -> "Account":
    """The account with the password that is kept for it, else typed now.

    Raises CredentialsMissing where there is nobody to type it, VaultLocked.
    """
    if account.name:
        from scraper.cli.passphrase import passphrase_prompt
        from scraper.config.vault import vaults

        if found := vaults(passphrase_prompt(words)).find(account.name):
            secret = found[1].get_secret_value()
            return replace(account, credentials=replace(account.credentials, password=secret))
    typed = asked_password(account.school, words)
    return replace(account, credentials=replace(account.credentials, password=typed))


def _with_password(job: "ExportJob", words: Catalogue) -> "ExportJob":
    return replace(job, account=with_password(job.account, words))


def exported(job: "ExportJob", how: RunOptions, chromium: "Chromium", progress: Progress) -> "ExportResult":
    """The job done, and what became of it remembered. Raises AurionError."""
    return one_run(job.account, how, lambda: _with_session_or_password(job, how, chromium, progress))


def one_run(account: "Account", how: RunOptions, work: "Callable[[], ExportResult]") -> "ExportResult":
    """What `work` gives, remembered as a run of the account; meanwhile no other of it begins, and others see it go on.

    Runs of somebody who is no account may overlap: the ledger alone keeps them apart, and portals may share a login.
    Raises what `work` does; AnotherRun, at once and with nothing done, where one goes on already; DeliveryError.
    """
    if not how.remembered or os.environ.get(CHILD):  # who started us sees to it
        return _named(account, work)
    from scraper.system.run_history import Runs

    runs, began = Runs(account.state, account.runs), datetime.now(UTC)
    with runs.lock() if account.name else nullcontext():
        runs.mark_started(began)
        try:
            outcome = _named(account, work)
        except AurionError as error:
            how.remember(account, began, error)
            raise
        except KeyboardInterrupt:
            ignore_interruptions()  # a second one would leave a run that seems to be cut off
            how.remember(account, began, Interrupted("stopped"))
            answer_interruptions()
            raise
        how.remember(account, began, None, held=outcome.held)
        return outcome


def _named(account: "Account", work: "Callable[[], ExportResult]") -> "ExportResult":
    """The result of `work`; its errors know the account, so that their hints name it in commands."""
    try:
        return work()
    except AurionError as error:
        error.facts.setdefault("account", account.name)
        raise


def _with_session_or_password(
    job: "ExportJob", how: RunOptions, chromium: "Chromium", progress: Progress
) -> "ExportResult":
    """By the session kept where there is one: a password is looked for only when it is needed."""
    if not job.account.credentials.password and job.account.saved_session() is None:
        job = _with_password(job, how.words)
    try:
        return export_now(job, how, chromium, progress)
    except CredentialsMissing:
        if job.account.credentials.password or not (job.account.name or can_ask()):
            raise
        return export_now(_with_password(job, how.words), how, chromium, progress)


def export_now(job: "ExportJob", how: RunOptions, chromium: "Chromium", progress: Progress) -> "ExportResult":
    """The job done with what it has, a password or a session. Raises AurionError, CredentialsMissing without both."""
    from scraper import export as story
    from scraper.publishing.feeds.publish import feed_targets

    own = job.targets
    outcome = story.export(
        job.account, job.period, (*own, *feed_targets(job)), progress, chromium, record=how.record,
        accept_empty=how.accept_empty, hold=job.hold, before_commit=lambda: finish(job),
    )  # fmt: skip
    return replace(outcome, outputs=outcome.outputs[: len(own)])


def finish(job: "ExportJob") -> None:
    """What is remembered now will be delivered; only a reader of standard output, or a server, may keep us waiting."""
    if not (job.is_piped or job.is_pushed):
        ignore_interruptions()


def report_outcome(outcome: "ExportResult", how: RunOptions) -> None:
    """Says what came out: to people, or as the contract's object."""
    from scraper.cli.summary import as_data, tell, warn

    if how.json_output:
        sys.stdout.write(json.dumps(as_data(outcome), ensure_ascii=False) + "\n")
    elif not how.quiet:
        stream = sys.stderr if "-" in outcome.outputs else sys.stdout
        tell(outcome, how.words, stream, datetime.now().astimezone())
    warn(outcome, how.words)
