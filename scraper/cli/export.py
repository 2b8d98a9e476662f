"""`aurion export`: the main job."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.cli import options
from scraper.cli.explaining import tell_event
from scraper.cli.interruption import ignore_interruptions
from scraper.cli.options import asked_password, can_ask, debug_folder, login_of, record_file, school_of, settings_from
from scraper.errors import CredentialsMissing, SettingsError
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.export import Account
    from scraper.outputs import Output
    from scraper.planning import Period
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
    from scraper.outputs import outputs_of
    from scraper.settings import period_of

    settings = settings_from(
        password_stdin=password_stdin, school=school, url=url, login=login, months=months, first=first, last=last,
        output=output, language=language, client=client, timeout=timeout, visible=visible, browser=browser,
        login_hosts=login_host, menu=menu,
    )  # fmt: skip
    words = Words(language_of(os.environ))
    outputs = outputs_of(settings)
    if json_output and any(output.path == "-" for output in outputs):
        raise SettingsError("json-and-output")
    kept, where = record_file(record), school_of(settings, words)
    account = account_of(settings, where, words, debug=debug)
    targets = targets_of(outputs, where, settings.past)
    if explain is not None:
        tell_event(explain, account.ledger(), targets, words, json_output=json_output)
        return
    if not account.credentials.password and account.kept() is None:
        account = with_password(account, words)
    period = period_of(settings, datetime.now(where.zone).date())
    how = Run(
        words=words, targets=targets, period=period, record=kept,
        accept_empty=accept_empty, quiet=quiet, json_output=json_output,
    )  # fmt: skip
    try:
        run(account, how)
    except CredentialsMissing:
        if not can_ask():
            raise
        run(with_password(account, words), how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What an export is asked besides who: which days, into which calendars, and what is told."""

    words: Words
    targets: "Sequence[Target]"
    period: "Period"
    record: Path | None = None
    accept_empty: bool = False
    quiet: bool = False
    json_output: bool = False


def account_of(settings: "Settings", school: "School", words: Words, *, debug: str | None = None) -> "Account":
    """Who logs in where, of these settings; a password that lacks is asked for only where it is needed."""
    from scraper.export import Account
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


def run(account: "Account", how: Run) -> None:
    """Exports, and tells how it went."""
    from scraper import export as story
    from scraper.progress import Silent, progress_on

    stream = sys.stderr if any(target.output == "-" for target in how.targets) else sys.stdout
    progress = Silent() if how.quiet or how.json_output else progress_on(stream, how.words)
    outcome = story.export(
        account, how.period, how.targets, progress, record=how.record, accept_empty=how.accept_empty,
        before_commit=lambda: _finish(how.targets),
    )  # fmt: skip
    told(outcome, how.words, quiet=how.quiet, json_output=how.json_output)


def _finish(targets: "Sequence[Target]") -> None:
    """What is remembered now will be delivered; only a reader of standard output may keep us waiting for ever."""
    if all(target.output != "-" for target in targets):
        ignore_interruptions()


def told(outcome: "Outcome", words: Words, *, quiet: bool, json_output: bool) -> None:
    """Says what came out: to people, or as the contract's object."""
    from scraper.cli.summary import as_json, tell, warn

    if json_output:
        sys.stdout.write(as_json(outcome) + "\n")
    elif not quiet:
        stream = sys.stderr if "-" in outcome.outputs else sys.stdout
        tell(outcome, words, stream, datetime.now().astimezone())
    warn(outcome, words)


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
