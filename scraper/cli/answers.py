"""Answers of the user: to prompts on a terminal, and a password on standard input."""

import sys
from typing import TYPE_CHECKING

import typer

from scraper.config.secret_text import secret_text
from scraper.domain.school import School
from scraper.errors import CredentialsMissing
from scraper.i18n import Catalogue

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings


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


def ask_secret(question: str) -> str:
    """Ask for a secret without echo. Raise SettingsError if it has a control character."""
    return secret_text(ask(question, hidden=True))


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
