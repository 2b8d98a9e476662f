"""The prompts for a new account; a prompt is repeated until its answer is valid."""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from scraper.cli.answers import ask, can_ask
from scraper.config.accounts import refuse_shared, require_school
from scraper.config.configuration import Config
from scraper.config.default_output import default_output, shorten_path
from scraper.config.schools.school_files import guess_school, load_school, school_at
from scraper.config.schools.school_search import matching_schools, search_schools
from scraper.config.settings.edit import parse_setting
from scraper.config.settings.model import Settings
from scraper.domain.school import School
from scraper.errors import AurionError, CredentialsMissing, SettingsError, UnknownSchool
from scraper.i18n import Catalogue


def ask_school_and_login(settings: Settings, words: Catalogue) -> tuple[School, str]:
    """Return school and login from the settings or from prompts; a school may be guessed from the login.

    Raise SettingsError.
    """
    login = settings.login or ""
    if not can_ask():
        if not (settings.school or settings.url):
            raise SettingsError("no-school")
        if not login:
            raise CredentialsMissing("login", school=settings.school or settings.url)
        by_name = settings.school and not settings.url
        return (_find_school(settings.school or "") if by_name else require_school(settings)), login
    if settings.url:
        school, typed = require_school(settings), ""
    else:
        school, typed = _ask_school(settings.school or "", login, words)
    return school, login or ask(words("prompts.login", school=school.name), typed)


def ask_months(default: int, words: Catalogue) -> int:
    """Ask for the number of months from today."""
    while True:
        typed = ask(words("account.months"), str(default))
        try:
            return int(str(parse_setting("months", typed)))
        except SettingsError as error:
            write_answer_error(error, words)


def ask_output(name: str, config: Config, words: Catalogue) -> str:
    """Ask for the calendar's file, one that can be written and that no other account writes to."""
    from scraper.publishing.output_file import check_output

    default = shorten_path(default_output(config.default_file(name)))
    while True:
        typed = ask(words("account.output"), default)
        try:
            if typed != "-":
                typed = check_output(typed, Path.cwd())
                refuse_shared(name, typed, config)
        except AurionError as error:
            write_answer_error(error, words)
        else:
            return typed


def confirm(question: str, words: Catalogue) -> bool:
    """Ask a yes-or-no question; an empty answer is no."""
    answer = str(typer.prompt(question, err=True, default="", show_default=False))
    return answer.strip().casefold() in words("account.yes").split()


def write_answer_error(error: AurionError, words: Catalogue) -> None:
    """Write the error of an answer to standard error."""
    sys.stderr.write(f"{words.error(error)[0]}\n")


def _ask_school(typed: str, login: str, words: Catalogue) -> tuple[School, str]:
    """Ask for the school; return it with the mail address if the user typed one instead of a name."""
    suggested, address = guess_school(login) if login else None, ""
    offered: Sequence[School] = ()
    while True:
        if not typed:
            typed = ask(words("account.school"), suggested.name if suggested else "")
        if suggested and typed in {suggested.name, suggested.id}:
            return suggested, address
        if typed.isdecimal() and 0 < int(typed) <= len(offered):
            return offered[int(typed) - 1], address
        is_certain = not typed.isdecimal()
        if "@" in typed and "://" not in typed:
            offered, address = tuple(filter(None, [guess_school(typed)])), typed
        elif is_certain or not offered:
            offered, is_certain = search_schools(typed)
        if is_certain and len(offered) == 1:
            sys.stderr.write(f"{words('account.found', school=offered[0].name, url=offered[0].base_url)}\n")
            return offered[0], address
        _list_schools(typed, offered, words)
        typed = ""


def _list_schools(typed: str, schools: Sequence[School], words: Catalogue) -> None:
    if not schools:
        sys.stderr.write(f"{words('account.no_school', given=typed)}\n")
        return
    for number, school in enumerate(schools, start=1):
        sys.stderr.write(f"{number:>3}. {school.name}, {school.base_url}\n")
    sys.stderr.write(f"{words('account.which')}\n")


def _find_school(typed: str) -> School:
    """Return the only school that matches a name, id or address. Raise UnknownSchool, SettingsError."""
    if "/" in typed or "." in typed:
        return school_at(typed)
    found = matching_schools(typed)
    if len(found) > 1:
        raise UnknownSchool("several", id=typed, near=[school.id for school in found])
    return found[0] if found else load_school(typed)
