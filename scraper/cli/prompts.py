"""What a new account is asked about, at a terminal; an answer that is not understood is asked for again."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from scraper.cli.options import can_ask
from scraper.domain.school import School
from scraper.errors import AurionError, CredentialsMissing, SettingsError, UnknownSchool
from scraper.i18n import Catalogue

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings


def school_and_login(said: "Settings", words: Catalogue) -> tuple[School, str]:
    """Who is meant: what was said, or guessed from the login, else asked for. Raises SettingsError."""
    from scraper.config.accounts import require_school

    login = said.login or ""
    if not can_ask():
        if not (said.school or said.url):
            raise SettingsError("no-school")
        if not login:
            raise CredentialsMissing("login", school=said.school or said.url)
        return (_school_called(said.school) if said.school and not said.url else require_school(said)), login
    if said.url:
        school, typed = require_school(said), ""
    else:
        school, typed = _asked_school(said.school or "", login, words)
    return school, login or asked(words("prompts.login", school=school.name), typed)


def months(default: int, words: Catalogue) -> int:
    """How many months from today."""
    from scraper.config.settings.loading import load_settings

    while True:
        typed = asked(words("account.months"), str(default))
        try:
            return load_settings({"months": typed}, {}).months
        except SettingsError as error:
            tell(error, words)


def output(name: str, words: Catalogue) -> str:
    """The calendar's file; it can be written there, and no other account does."""
    from scraper.config.accounts import refuse_shared
    from scraper.config.settings.loading import default_output, shorten_path
    from scraper.publishing.output_file import check_output

    default = shorten_path(default_output(name))
    while True:
        typed = asked(words("account.output"), default)
        try:
            if typed != "-":
                typed = check_output(typed, Path.cwd())
                refuse_shared(name, typed)
        except AurionError as error:
            tell(error, words)
        else:
            return typed


def asked(question: str, default: str = "") -> str:
    """One answer; the default, shown in brackets, for none."""
    shown = f"{question} [{default}]" if default else question
    answer = ""
    while not answer.strip():
        answer = str(typer.prompt(shown, err=True, default=default, show_default=False))
    return answer.strip()


def agreed(question: str, words: Catalogue) -> bool:
    """Whether a person says yes; nothing said is no."""
    answer = str(typer.prompt(question, err=True, default="", show_default=False))
    return answer.strip().casefold() in words("account.yes").split()


def tell(error: AurionError, words: Catalogue) -> None:
    """What was wrong with an answer."""
    sys.stderr.write(f"{words.error(error)[0]}\n")


def _asked_school(typed: str, login: str, words: Catalogue) -> tuple[School, str]:
    """The school, and the login's mail address where that was typed, too."""
    from scraper.config.schools.files import guess_school
    from scraper.config.schools.search import search_schools

    suggested, address = guess_school(login) if login else None, ""
    offered: Sequence[School] = ()
    while True:
        if not typed:
            typed = asked(words("account.school"), suggested.name if suggested else "")
        if suggested and typed in {suggested.name, suggested.id}:
            return suggested, address
        if typed.isdecimal() and 0 < int(typed) <= len(offered):
            return offered[int(typed) - 1], address
        sure = not typed.isdecimal()
        if "@" in typed and "://" not in typed:
            offered, address = tuple(filter(None, [guess_school(typed)])), typed
        elif sure or not offered:
            offered, sure = search_schools(typed)
        if sure and len(offered) == 1:
            sys.stderr.write(f"{words('account.found', school=offered[0].name, url=offered[0].base_url)}\n")
            return offered[0], address
        _offer(typed, offered, words)
        typed = ""


def _offer(typed: str, schools: Sequence[School], words: Catalogue) -> None:
    if not schools:
        sys.stderr.write(f"{words('account.no_school', given=typed)}\n")
        return
    for number, school in enumerate(schools, start=1):
        sys.stderr.write(f"{number:>3}. {school.name}, {school.base_url}\n")
    sys.stderr.write(f"{words('account.which')}\n")


def _school_called(typed: str) -> School:
    """The one school meant. Raises UnknownSchool, SettingsError."""
    from scraper.config.schools.files import load_school, school_at
    from scraper.config.schools.search import matching_schools

    if "/" in typed or "." in typed:
        return school_at(typed)
    found = matching_schools(typed)
    if len(found) > 1:
        raise UnknownSchool("several", id=typed, near=[school.id for school in found])
    return found[0] if found else load_school(typed)
