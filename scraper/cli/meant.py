"""Which accounts a command means: those named, all, or the one that options, variables and settings tell of."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.cli.job import Job, job_of
from scraper.cli.options import Options, debug_folder, login_of, piped_password, school_of, settings_from
from scraper.errors import SettingsError
from scraper.words import Words

if TYPE_CHECKING:
    from scraper.accounts import Named


def names_meant(names: Sequence[str], given: Options, *, every: bool) -> list[str]:
    """The accounts of the settings that are meant, each once; none where options, variables or settings tell of one.

    Raises SettingsError: "no-account", "which-export" where it could be any.
    """
    from scraper.settings.loading import account_names, load_settings, without_file
    from scraper.settings.model import IDENTITY

    known = account_names()
    if every:
        if not known:
            raise SettingsError("no-account")
        return list(dict.fromkeys((*names, *known)))
    if names:
        return list(dict.fromkeys(names))
    said = without_file(given, os.environ)
    if not known or any(getattr(said, name) for name in IDENTITY):
        return []
    if len(known) > 1 and not load_settings(given, os.environ).login:
        raise SettingsError("which-export", near=known)
    return list(known) if len(known) == 1 else []


def jobs_meant(
    names: Sequence[str], given: Options, words: Words, *, every: bool, password_stdin: bool, debug: str | None
) -> list[Job]:
    """What each account has to do, whole before anything is started. Raises SettingsError, CredentialsMissing."""
    from scraper.accounts import account_named
    from scraper.settings.model import VARIABLES

    meant = names_meant(names, given, every=every)
    if len(meant) > 1 and (password_stdin or given.get("login")):
        raise SettingsError("password-for-one")
    if not meant:
        return [_by_options(given, words, password_stdin=password_stdin, debug=debug)]
    # A password that is given can be that of one account only.
    environment = {
        name: value for name, value in os.environ.items() if name != VARIABLES["password"] or len(meant) == 1
    }
    options: Mapping[str, object] = {**given, "password": piped_password()} if password_stdin else {**given}
    found = [account_named(name, environment, options) for name in meant]
    jobs = [_job(named, _debug(debug, named.name if len(found) > 1 else "")) for named in found]
    _refuse_shared(jobs)
    return jobs


def explained_job(names: Sequence[str], given: Options, words: Words) -> Job:
    """The one job whose ledger is looked into. Raises SettingsError."""
    jobs = jobs_meant(names, given, words, every=False, password_stdin=False, debug=None)
    if len(jobs) > 1:
        raise SettingsError("which-export", near=[job.account.name for job in jobs])
    return jobs[0]


def _by_options(given: Options, words: Words, *, password_stdin: bool, debug: str | None) -> Job:
    """What options, variables and settings tell of; it is an account of the settings where school and login are its."""
    from scraper.accounts import account_named, account_of_login
    from scraper.settings.model import IDENTITY

    settings = settings_from(password_stdin=password_stdin, **given)
    school = school_of(settings, words)
    login = login_of(settings, school, words)
    name = account_of_login(school, login, os.environ)
    if name:
        options = {key: value for key, value in given.items() if key not in IDENTITY}
        password = settings.password.get_secret_value() if settings.password else None
        return _job(account_named(name, os.environ, {**options, "password": password}), debug_folder(debug))
    return job_of(settings, school, login, debug=debug_folder(debug))


def _job(named: "Named", debug: Path | None) -> Job:
    return job_of(named.settings, named.school, named.login, name=named.name, debug=debug)


def _debug(given: str | None, name: str) -> Path | None:
    return debug_folder(f"{given}/{name}" if given and name else given)


def _refuse_shared(jobs: Sequence[Job]) -> None:
    """Raises SettingsError("account-file") where two accounts write to one file."""
    written: dict[str, str] = {}
    for job in jobs:
        for target in job.targets if len(jobs) > 1 else ():
            other = written.setdefault(target.output, job.account.name)
            if other != job.account.name:
                raise SettingsError("account-file", name=job.account.name, other=other, given=target.output)
