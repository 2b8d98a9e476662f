"""The options that commands share; their help is a key of the words under `help`."""

import os
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, Unpack

import typer

from scraper.config.secret_text import secret_text
from scraper.domain.printable import escaped
from scraper.domain.school import School
from scraper.errors import CredentialsMissing, DeliveryError, SettingsError
from scraper.i18n import Catalogue
from scraper.system.files import create_folders
from scraper.system.path_text import expand_user, path_fault

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings


def option(*names: str, key: str, value: str | None = None, most: int | None = None) -> Any:  # noqa: ANN401 - typer's own
    """An option, with the keys of its help and of the kind of its value; a flag has no value."""
    least = None if most is None else 0
    return typer.Option(*names, help=key, metavar=value, min=least, max=most, show_default=False)


def argument(key: str, value: str) -> Any:  # noqa: ANN401 - typer's own kind of value
    """An argument, with the keys of its help and of the kind of its value."""
    return typer.Argument(help=key, metavar=value, show_default=False)


SchoolId = Annotated[str | None, option("--school", key="school", value="school")]
Url = Annotated[str | None, option("--url", key="url", value="url")]
Login = Annotated[str | None, option("--login", key="login", value="login")]
PasswordStdin = Annotated[bool, option("--password-stdin", key="password_stdin")]
Months = Annotated[str | None, option("--months", key="months", value="number")]
From = Annotated[str | None, option("--from", key="from", value="date")]
Until = Annotated[str | None, option("--until", key="until", value="date")]
Output = Annotated[str | None, option("--output", "-o", key="output", value="file")]
OutputHere = Annotated[str | None, option("--output", "-o", key="output_here", value="file")]
OutputOrStdout = Annotated[str | None, option("--output", "-o", key="output_or_stdout", value="file")]
Language = Annotated[str | None, option("--language", key="language", value="fr|en")]
For = Annotated[str | None, option("--client", key="for", value="client")]
Timeout = Annotated[str | None, option("--timeout", key="timeout", value="seconds")]
Visible = Annotated[bool | None, option("--visible/--headless", key="visible")]
Browser = Annotated[str | None, option("--browser", key="browser", value="path")]
Sandbox = Annotated[bool | None, option("--sandbox/--no-sandbox", key="sandbox")]
LoginHosts = Annotated[list[str] | None, option("--login-host", key="login_host", value="host")]
Menu = Annotated[str | None, option("--menu", key="menu", value="label")]
Debug = Annotated[str | None, option("--debug", key="debug", value="folder")]
Record = Annotated[str | None, option("--record", key="record", value="file")]
Accounts = Annotated[list[str] | None, argument("accounts", "account")]
Account = Annotated[str | None, argument("account", "account")]
All = Annotated[bool, option("--all", key="all")]
Unattended = Annotated[bool, option("--unattended", key="unattended")]
Explain = Annotated[str | None, option("--explain", key="explain", value="id")]
Hold = Annotated[bool | None, option("--review/--no-review", key="hold")]
AcceptEmpty = Annotated[bool, option("--allow-mass-removal", key="accept_empty")]
Quiet = Annotated[bool, option("--quiet", "-q", key="quiet")]
Json = Annotated[bool, option("--json", key="json")]


class Options(TypedDict, total=False):
    """What was given on the command line, by the settings' names."""

    school: str | None
    url: str | None
    login: str | None
    password: str
    months: str | None
    first: str | None
    last: str | None
    output: str | None
    language: str | None
    client: str | None
    timeout: str | None
    visible: bool | None
    browser: str | None
    sandbox: bool | None
    login_hosts: list[str] | None
    menu: str | None
    publish: str | None


def settings_from(*, password_stdin: bool = False, **options: Unpack[Options]) -> "Settings":
    """The settings of this run; the password from standard input where wished. Raises SettingsError."""
    from scraper.config.settings.loading import load_settings

    given: dict[str, object] = dict(options)
    if password_stdin:
        given["password"] = piped_password()
    return load_settings(given, os.environ)


def piped_password() -> str:
    """Return the first line of standard input. Raise CredentialsMissing where it is empty, SettingsError."""
    line = getattr(sys.stdin, "buffer", sys.stdin).readline() if sys.stdin else b""
    if not (password := secret_text(line)):
        raise CredentialsMissing("stdin")
    return password


def school_of(settings: "Settings", words: Catalogue) -> School:
    """The school named, at the address given, or asked for. Raises SettingsError, UnknownSchool."""
    from scraper.config.accounts import find_school, require_school

    if (school := find_school(settings)) is None and can_ask():
        return require_school(settings.model_copy(update={"school": _asked(words("prompts.school"))}))
    return school or require_school(settings)


def login_of(settings: "Settings", school: School, words: Catalogue) -> str:
    """The login given, else asked for. Raises CredentialsMissing where nobody can be asked."""
    if settings.login:
        return settings.login
    if not can_ask():
        raise CredentialsMissing("login", school=school.name)
    return _asked(words("prompts.login", school=school.name))


def asked_password(school: School, words: Catalogue) -> str:
    """The password, asked for without echo. Raises CredentialsMissing where nobody can be asked."""
    if not can_ask():
        raise CredentialsMissing("password", school=school.name)
    return asked_secret(words("prompts.password", school=school.name))


def asked_secret(question: str) -> str:
    """Return a password, asked for without echo. Raise SettingsError where it has a control character."""
    return secret_text(_asked(question, hidden=True))


def debug_folder(given: str | None) -> Path | None:
    """The folder for `--debug`, made now. Raises SettingsError where nothing can be written into it."""
    if given is None:
        return None
    if (reason := path_fault(given)) and reason != "path-folder":
        raise SettingsError(reason, given=escaped(given))
    folder = expand_user(given)
    try:
        create_folders(folder)
        with NamedTemporaryFile(dir=folder):
            return folder
    except (OSError, ValueError):
        raise SettingsError("debug", given=given) from None


def record_file(given: str | None) -> Path | None:
    """The file for `--record`. Raises SettingsError where it cannot be written."""
    if given is None:
        return None
    from scraper.publishing.output_file import file_sink
    from scraper.sinks.file_kind import RECORDING

    sink = file_sink(given, RECORDING)
    try:
        sink.check()
    except DeliveryError as error:
        if error.reason == "not-a-recording":
            raise
        raise SettingsError("record", given=given) from None
    return sink.path


def can_ask() -> bool:
    """Whether a person sits at a terminal."""
    return bool(sys.stdin and sys.stdin.isatty())


def _asked(question: str, *, hidden: bool = False) -> str:
    answer = ""
    while not answer.strip():
        answer = typer.prompt(question, hide_input=hidden, err=True, default="", show_default=False)
    return answer if hidden else answer.strip()
