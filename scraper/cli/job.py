"""One account's part of a run: who, which days, into which calendars; and what is told of it."""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scraper.cli.interruption import ignore_interruptions
from scraper.cli.options import asked_password, can_ask
from scraper.errors import AurionError, CredentialsMissing
from scraper.progress import CHILD, Progress, Silent, Steps, progress_on
from scraper.words import Words

if TYPE_CHECKING:
    from scraper.account import Account
    from scraper.ical import Client
    from scraper.outputs import Output
    from scraper.planning import Period
    from scraper.portal.browser import Chromium
    from scraper.publish import Outcome, Target
    from scraper.school import School
    from scraper.settings.model import Settings
    from scraper.sinks.sink import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What holds for a whole run: what is told, and in which words."""

    words: Words
    record: Path | None = None
    accept_empty: bool = False
    quiet: bool = False
    json_output: bool = False
    remembered: bool = True

    def progress(self, jobs: "Sequence[Job]") -> Progress:
        """Where the steps are told: beside a calendar that goes to standard output."""
        if os.environ.get(CHILD):
            return Steps(sys.stderr)
        stream = sys.stderr if any(job.is_piped for job in jobs) else sys.stdout
        return Silent() if self.quiet or self.json_output else progress_on(stream, self.words)

    def remember(self, account: "Account", began: datetime, error: AurionError | None) -> None:
        """What became of a run, for `account list`, `status` and the timer; nothing where it cannot be written."""
        if not self.remembered or os.environ.get(CHILD):
            return
        from scraper.runs import Run, Runs

        run = Run(at=began, exit_code=0, seconds=round((datetime.now(UTC) - began).total_seconds(), 2))
        if error:
            run = replace(run, exit_code=error.exit_code, error=type(error).__name__, reason=error.reason)
        with suppress(AurionError):
            Runs(account.state, account.runs).add(run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One account's part of a run. `past` is how long lessons that are over stay, as the settings say it.

    `feeds` are clients for which the feed shall have a calendar, besides those that are subscribed.
    """

    account: "Account"
    period: "Period"
    outputs: "Sequence[Output]"
    past: str | int
    feeds: "tuple[Client | Literal[''], ...]" = ()

    @property
    def is_piped(self) -> bool:
        """Whether a calendar goes to standard output."""
        return any(output.path == "-" for output in self.outputs)

    @property
    def targets(self) -> "tuple[Target, ...]":
        """Its calendars."""
        return targets_of(self.outputs, self.account.school, self.past, self.account.name)

    def with_password(self, words: Words) -> "Job":
        """The same with the password that is kept, else typed now. Raises CredentialsMissing, VaultLocked."""
        return replace(self, account=with_password(self.account, words))


def job_of(settings: "Settings", school: "School", login: str, *, name: str = "", debug: Path | None = None) -> Job:
    """What these settings ask for. Raises SettingsError."""
    from scraper.account import account_from
    from scraper.outputs import outputs_of
    from scraper.settings.loading import period_of

    password = settings.password.get_secret_value() if settings.password else ""
    return Job(
        account=account_from(settings, school, login=login, password=password, name=name, debug=debug),
        period=period_of(settings, datetime.now(school.zone).date()),
        outputs=outputs_of(settings),
        past=settings.past,
    )


def with_password(account: "Account", words: Words) -> "Account":
    """The account with the password that is kept for it, else typed now.

    Raises CredentialsMissing where there is nobody to type it, VaultLocked.
    """
    if account.name:
        from scraper.cli.passphrase import asking
        from scraper.vault import vaults

        if found := vaults(asking(words)).find(account.name):
            secret = found[1].get_secret_value()
            return replace(account, credentials=replace(account.credentials, password=secret))
    typed = asked_password(account.school, words)
    return replace(account, credentials=replace(account.credentials, password=typed))


def exported(job: Job, how: How, chromium: "Chromium", progress: Progress) -> "Outcome":
    """The job done, and what became of it remembered. Raises AurionError."""
    began = datetime.now(UTC)
    try:
        outcome = _with_session_or_password(job, how, chromium, progress)
    except AurionError as error:
        how.remember(job.account, began, error)
        raise
    how.remember(job.account, began, None)
    return outcome


def _with_session_or_password(job: Job, how: How, chromium: "Chromium", progress: Progress) -> "Outcome":
    """By the session kept where there is one: a password is looked for only when it is needed."""
    if not job.account.credentials.password and job.account.kept() is None:
        job = job.with_password(how.words)
    try:
        return export_now(job, how, chromium, progress)
    except CredentialsMissing:
        if job.account.credentials.password or not (job.account.name or can_ask()):
            raise
        return export_now(job.with_password(how.words), how, chromium, progress)


def export_now(job: Job, how: How, chromium: "Chromium", progress: Progress) -> "Outcome":
    """The job done with what it has, a password or a session. Raises AurionError, CredentialsMissing without both."""
    from scraper import export as story
    from scraper.cli.feeding import feed_targets

    own = job.targets
    outcome = story.export(
        job.account, job.period, (*own, *feed_targets(job)), progress, chromium, record=how.record,
        accept_empty=how.accept_empty, before_commit=lambda: _finish(job),
    )  # fmt: skip
    return replace(outcome, outputs=outcome.outputs[: len(own)])


def _finish(job: Job) -> None:
    """What is remembered now will be delivered; only a reader of standard output may keep us waiting for ever."""
    if not job.is_piped:
        ignore_interruptions()


def told(outcome: "Outcome", how: How) -> None:
    """Says what came out: to people, or as the contract's object."""
    from scraper.cli.summary import as_data, tell, warn

    if how.json_output:
        sys.stdout.write(json.dumps(as_data(outcome), ensure_ascii=False) + "\n")
    elif not how.quiet:
        stream = sys.stderr if "-" in outcome.outputs else sys.stdout
        tell(outcome, how.words, stream, datetime.now().astimezone())
    warn(outcome, how.words)


def targets_of(
    outputs: "Iterable[Output]", school: "School", past: str | int, account: str = ""
) -> "tuple[Target, ...]":
    """The calendars of a run."""
    from scraper.ical import Look
    from scraper.publish import Target, title_of

    targets = []
    for output in outputs:
        sink, words = sink_of(output.path, account), Words(output.language)
        look = Look(
            zone=school.zone, words=words, kinds=school.kinds, client=output.client, alarms=output.alarms,
            exam_alarms=output.exam_alarms,
        )  # fmt: skip
        targets.append(
            Target(
                sink=sink, output=sink.name if sink.name == "-" else _ledger_name(sink.name), look=look,
                title=output.name or title_of(school, words), rules=output.rules,
                past=None if isinstance(past, str) else past,
            )
        )  # fmt: skip
    return tuple(targets)


def _ledger_name(path: str) -> str:
    """The file meant, whatever links lead to it; as text also where its name is none."""
    return os.fsencode(os.path.realpath(path)).decode("utf-8", "backslashreplace")


def sink_of(output: str | None, account: str = "") -> "Sink":
    """Where the calendar goes: `-` is standard output, nothing given the user's Downloads folder."""
    from scraper.settings.loading import default_output
    from scraper.sinks.file import FileSink
    from scraper.sinks.stream import standard_output

    if output == "-":
        return standard_output()
    path = Path(output).expanduser() if output else default_output(account or None)
    return FileSink(path=path, before_swap=ignore_interruptions)
