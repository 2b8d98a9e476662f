"""`aurion export`: the main job."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.cli import options
from scraper.cli.browsing import driver
from scraper.cli.interruption import ignore_interruptions
from scraper.cli.options import (
    Options,
    asked_password,
    can_ask,
    debug_folder,
    login_of,
    record_file,
    school_of,
    settings_from,
)
from scraper.errors import CredentialsMissing, SettingsError
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.account import Account
    from scraper.outputs import Output
    from scraper.planning import Period
    from scraper.portal.browser import Chromium, Driver
    from scraper.progress import Progress
    from scraper.publish import Outcome, Target
    from scraper.school import School
    from scraper.settings import Settings
    from scraper.sinks.sink import Sink


def export(
    school: options.SchoolId = None,
    url: options.Url = None,
    login: options.Login = None,
    password_stdin: options.PasswordStdin = False,
    months: options.Months = None,
    first: options.From = None,
    last: options.Until = None,
    output: options.Output = None,
    language: options.Language = None,
    client: options.For = None,
    timeout: options.Timeout = None,
    visible: options.Visible = None,
    browser: options.Browser = None,
    login_host: options.LoginHosts = None,
    menu: options.Menu = None,
    debug: options.Debug = None,
    record: options.Record = None,
    accept_empty: options.AcceptEmpty = False,
    explain: options.Explain = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Log in, listen to the planning, write the calendar."""
    words = Words(language_of(os.environ))
    told = Options(
        school=school, url=url, login=login, months=months, first=first, last=last, output=output, language=language,
        client=client, timeout=timeout, visible=visible, browser=browser, login_hosts=login_host, menu=menu,
    )  # fmt: skip
    if explain is not None:
        _explain(explain, settings_from(**told), words, json_output=json_output)
        return
    how = How(words=words, record=record_file(record), accept_empty=accept_empty, quiet=quiet, json_output=json_output)
    with driver() as started:
        settings = settings_from(password_stdin=password_stdin, **told)
        where = school_of(settings, words)
        run(job_of(settings, where, words, debug=debug), how, started)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What holds for a whole run: what is told, and in which words."""

    words: Words
    record: Path | None = None
    accept_empty: bool = False
    quiet: bool = False
    json_output: bool = False

    def progress(self, job: "Job") -> "Progress":
        """Where the steps are told: beside a calendar that goes to standard output."""
        from scraper.progress import Silent, progress_on

        stream = sys.stderr if job.is_piped else sys.stdout
        return Silent() if self.quiet or self.json_output else progress_on(stream, self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One account's part of a run: who, which days, into which calendars."""

    account: "Account"
    period: "Period"
    outputs: "Sequence[Output]"
    past: str | int

    @property
    def is_piped(self) -> bool:
        """Whether a calendar goes to standard output."""
        return any(output.path == "-" for output in self.outputs)

    def with_password(self, words: Words) -> "Job":
        """The same with the password that a person types now. Raises CredentialsMissing where there is nobody."""
        return replace(self, account=with_password(self.account, words))


def job_of(settings: "Settings", school: "School", words: Words, *, debug: str | None = None) -> Job:
    """What these settings ask for. Raises SettingsError, CredentialsMissing."""
    from scraper.outputs import outputs_of
    from scraper.settings import period_of

    return Job(
        account=account_of(settings, school, words, debug=debug),
        period=period_of(settings, datetime.now(school.zone).date()),
        outputs=outputs_of(settings),
        past=settings.past,
    )


def run(job: Job, how: How, driver: "Driver") -> None:
    """Exports, and tells how it went."""
    from scraper.account import chromium_for

    if how.json_output and job.is_piped:
        raise SettingsError("json-and-output")
    if not job.account.credentials.password and job.account.kept() is None:
        job = job.with_password(how.words)
    progress = how.progress(job)
    with chromium_for([job.account], driver, progress) as chromium:
        try:
            told(_exported(job, how, chromium, progress), how)
        except CredentialsMissing:
            if not can_ask():
                raise
            told(_exported(job.with_password(how.words), how, chromium, progress), how)


def _exported(job: Job, how: How, chromium: "Chromium", progress: "Progress") -> "Outcome":
    from scraper import export as story

    targets = targets_of(job.outputs, job.account.school, job.past)
    return story.export(
        job.account, job.period, targets, progress, chromium, record=how.record, accept_empty=how.accept_empty,
        before_commit=lambda: _finish(job),
    )  # fmt: skip


def _finish(job: Job) -> None:
    """What is remembered now will be delivered; only a reader of standard output may keep us waiting for ever."""
    if not job.is_piped:
        ignore_interruptions()


def _explain(event: str, settings: "Settings", words: Words, *, json_output: bool) -> None:
    from scraper.cli.explaining import tell_event
    from scraper.export import ledger_of

    job = job_of(settings, school_of(settings, words), words)
    targets = targets_of(job.outputs, job.account.school, job.past)
    tell_event(event, ledger_of(job.account), targets, words, json_output=json_output)


def account_of(settings: "Settings", school: "School", words: Words, *, debug: str | None = None) -> "Account":
    """Who logs in where, of these settings; a password that lacks is asked for only where it is needed."""
    from scraper.account import Account
    from scraper.portal.credentials import Credentials
    from scraper.settings import state_folder

    password = settings.password.get_secret_value() if settings.password else ""
    return Account(
        school=school,
        credentials=Credentials(login=login_of(settings, school, words), password=password),
        state=state_folder(),
        login_hosts=frozenset(settings.login_hosts),
        menu=settings.menu,
        timeout=settings.timeout,
        headless=not settings.visible,
        browser=settings.browser,
        debug=debug_folder(debug),
    )


def with_password(account: "Account", words: Words) -> "Account":
    """The account with the password that a person types now. Raises CredentialsMissing where there is nobody."""
    typed = asked_password(account.school, words)
    return replace(account, credentials=replace(account.credentials, password=typed))


def told(outcome: "Outcome", how: How) -> None:
    """Says what came out: to people, or as the contract's object."""
    from scraper.cli.summary import as_json, tell, warn

    if how.json_output:
        sys.stdout.write(as_json(outcome) + "\n")
    elif not how.quiet:
        stream = sys.stderr if "-" in outcome.outputs else sys.stdout
        tell(outcome, how.words, stream, datetime.now().astimezone())
    warn(outcome, how.words)


def targets_of(outputs: "Iterable[Output]", school: "School", past: str | int) -> "tuple[Target, ...]":
    """The calendars of a run."""
    from scraper.ical import Look
    from scraper.publish import Target, title_of

    targets = []
    for output in outputs:
        sink, words = sink_of(output.path), Words(output.language)
        look = Look(
            zone=school.zone, words=words, kinds=school.kinds, client=output.client, alarms=output.alarms,
            exam_alarms=output.exam_alarms,
        )  # fmt: skip
        targets.append(
            Target(
                sink=sink, output=sink.name if sink.name == "-" else os.path.realpath(sink.name), look=look,
                title=output.name or title_of(school, words), rules=output.rules,
                past=None if isinstance(past, str) else past,
            )
        )  # fmt: skip
    return tuple(targets)


def sink_of(output: str | None) -> "Sink":
    """Where the calendar goes: `-` is standard output, nothing given the user's Downloads folder."""
    from scraper.settings import default_output
    from scraper.sinks.file import FileSink
    from scraper.sinks.stream import standard_output

    if output == "-":
        return standard_output()
    path = Path(output).expanduser() if output else default_output()
    return FileSink(path=path, before_swap=ignore_interruptions)
