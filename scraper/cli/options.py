"""The options that commands share. Their help texts are keys of the catalogue under `help.options`."""

import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scraper.config.path_text import path_fault
from scraper.config.secret_text import secret_text
from scraper.domain.printable import escaped
from scraper.domain.school import School
from scraper.errors import CredentialsMissing, DeliveryError, SettingsError
from scraper.i18n import Catalogue
from scraper.system.files import create_folders
from scraper.system.paths import expand_user

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings


def option(*names: str, key: str, value: str | None = None, most: int | None = None) -> Any:  # noqa: ANN401 - typer's own
    """Return an option with the keys of its help and of its value's name; a flag has no value."""
    least = None if most is None else 0
    return typer.Option(*names, help=f"help.options.{key}", metavar=value, min=least, max=most, show_default=False)


def argument(key: str, value: str) -> Any:  # noqa: ANN401 - typer's own kind of value
    """Return an argument with the keys of its help and of its value's name."""
    return typer.Argument(help=f"help.options.{key}", metavar=value, show_default=False)


PasswordStdin = Annotated[bool, option("--password-stdin", key="password_stdin")]
Passphrase = Annotated[bool, option("--passphrase", key="passphrase")]
OutputHere = Annotated[str, option("--output", "-o", key="output_here", value="file")]
OutputOrStdout = Annotated[str | None, option("--output", "-o", key="output_or_stdout", value="file")]
Debug = Annotated[str | None, option("--debug", key="debug", value="folder")]
Record = Annotated[str | None, option("--record", key="record", value="file")]
Accounts = Annotated[list[str] | None, argument("accounts", "account")]
Account = Annotated[str | None, argument("account", "account")]
All = Annotated[bool, option("--all", key="all")]
Unattended = Annotated[bool, option("--unattended", key="unattended")]
IfDue = Annotated[bool, option("--if-due", key="if_due")]
PlanFile = Annotated[str | None, option("--plan", key="plan_file", value="file")]
Explain = Annotated[str | None, option("--explain", key="explain", value="id")]
AcceptEmpty = Annotated[bool, option("--allow-mass-removal", key="accept_empty")]
Quiet = Annotated[bool, option("--quiet", "-q", key="quiet")]
Json = Annotated[bool, option("--json", key="json")]


def read_password() -> str:
    """Return the first line of standard input. Raise CredentialsMissing if it is empty, SettingsError."""
    line = getattr(sys.stdin, "buffer", sys.stdin).readline() if sys.stdin else b""
    if not (password := secret_text(line)):
        raise CredentialsMissing("stdin")
    return password


def find_or_ask_school(settings: "Settings", words: Catalogue) -> School:
    """Return the school of the settings, or ask for it. Raise SettingsError, UnknownSchool."""
    from scraper.config.accounts import find_school, require_school

    if (school := find_school(settings)) is None and can_ask():
        return require_school(settings.model_copy(update={"school": ask(words("prompts.school"))}))
    return school or require_school(settings)


def choose_login(settings: "Settings", school: School, words: Catalogue) -> str:
    """Return the login of the settings, or ask for it. Raise CredentialsMissing without a terminal."""
    if settings.login:
        return settings.login
    if not can_ask():
        raise CredentialsMissing("login", school=school.name)
    return ask(words("prompts.login", school=school.name))


def ask_password(school: School, words: Catalogue) -> str:
    """Ask for the password without echo. Raise CredentialsMissing without a terminal."""
    if not can_ask():
        raise CredentialsMissing("password", school=school.name)
    return ask_secret(words("prompts.password", school=school.name))


def ask_secret(question: str) -> str:
    """Ask for a secret without echo. Raise SettingsError if it has a control character."""
    return secret_text(ask(question, hidden=True))


def debug_folder(given: str | None) -> Path | None:
    """Create the folder for `--debug`. Raise SettingsError if it cannot be written to."""
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
    """Return the file for `--record`. Raise SettingsError if it cannot be written."""
    if given is None:
        return None
    from scraper.publishing.output_file import file_sink
    from scraper.sinks.file_kind import RECORDING

    if given == "-":  # elsewhere this is standard output
        raise SettingsError("record", given=given)
    sink = file_sink(given, RECORDING)
    try:
        sink.check()
    except DeliveryError as error:
        if error.reason == "not-a-recording":
            raise
        raise SettingsError("record", given=given) from None
    return sink.path


def can_ask() -> bool:
    """Return whether standard input is a terminal."""
    return bool(sys.stdin and sys.stdin.isatty())


def ask(question: str, default: str = "", *, hidden: bool = False) -> str:
    """Ask a question; an empty answer selects the default, which is shown in brackets."""
    shown = f"{question} [{default}]" if default else question
    answer = ""
    while not answer.strip():
        answer = str(typer.prompt(shown, hide_input=hidden, err=True, default=default, show_default=False))
    return answer if hidden else answer.strip()
