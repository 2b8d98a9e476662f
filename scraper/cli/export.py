"""`aurion export`: the main job."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.cli import options
from scraper.cli.options import credentials_of, school_of, settings_from
from scraper.errors import SettingsError
from scraper.words import Words, language_of

if TYPE_CHECKING:
    from scraper.export import Account
    from scraper.publish import Outcome
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
    timeout: options.Timeout = None,
    visible: options.Visible = None,
    browser: options.Browser = None,
    login_host: options.LoginHosts = None,
    menu: options.Menu = None,
    debug: options.Debug = None,
    record: options.Record = None,
    accept_empty: options.AcceptEmpty = False,  # noqa: ARG001 - from the ledger on
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Log in, listen to the planning, write the calendar."""
    settings = settings_from(
        password_stdin=password_stdin, school=school, url=url, login=login, months=months, first=first, last=last,
        output=output, language=language, timeout=timeout, visible=visible, browser=browser, login_hosts=login_host,
        menu=menu,
    )  # fmt: skip
    words = Words(language_of(os.environ))
    if json_output and settings.output == "-":
        raise SettingsError("json-and-output")
    where = school_of(settings, words)
    account = account_of(settings, where, words, debug=debug)
    run(account, settings, words, sink_of(settings.output), record=record, quiet=quiet, json_output=json_output)


def account_of(
    settings: "Settings", school: "School", words: Words, *, debug: str | None = None, by_hand: bool = False
) -> "Account":
    """Who logs in where, of these settings; what lacks is asked. By hand, what lacks is left to the person."""
    from scraper.export import Account
    from scraper.portal.credentials import Credentials
    from scraper.settings import state_folder

    given = settings.login and settings.password
    pair = None if by_hand and not given else credentials_of(settings, school, words)
    return Account(
        school=school,
        credentials=Credentials(login=pair[0], password=pair[1]) if pair else None,
        state=state_folder(),
        login_hosts=frozenset(settings.login_hosts),
        menu=settings.menu,
        timeout=settings.timeout,
        headless=not settings.visible,
        browser=settings.browser,
        debug=Path(debug).expanduser() if debug else None,
        by_hand=by_hand,
    )


def run(
    account: "Account",
    settings: "Settings",
    words: Words,
    sink: "Sink",
    *,
    record: str | None,
    quiet: bool,
    json_output: bool,
) -> None:
    """Exports, and tells how it went."""
    from scraper import export as story
    from scraper.progress import Silent, progress_on
    from scraper.settings import period_of

    zone = account.school.zone
    period = period_of(settings, datetime.now(zone).date())
    stream = sys.stderr if sink.name == "-" else sys.stdout
    progress = Silent() if quiet or json_output else progress_on(stream, words)
    kept = Path(record).expanduser() if record else None
    outcome = story.export(account, period, sink, Words(settings.language), progress, record=kept)
    told(outcome, words, quiet=quiet, json_output=json_output)


def told(outcome: "Outcome", words: Words, *, quiet: bool, json_output: bool) -> None:
    """Says what came out: to people, or as the contract's object."""
    from scraper.cli.summary import as_json, tell, warn

    if json_output:
        sys.stdout.write(as_json(outcome) + "\n")
    elif not quiet:
        stream = sys.stderr if outcome.output == "-" else sys.stdout
        tell(outcome, words, stream, datetime.now().astimezone())
    warn(outcome, words)


def sink_of(output: str | None) -> "Sink":
    """Where the calendar goes: `-` is standard output, nothing given the user's Downloads folder."""
    from scraper.settings import default_output
    from scraper.sinks.file import FileSink
    from scraper.sinks.stream import standard_output

    if output == "-":
        return standard_output()
    return FileSink(path=Path(output).expanduser() if output else default_output())
