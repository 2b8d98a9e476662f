"""The jobs that a command means: of the accounts named, of all, or the one that is told of, else asked for."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scraper.cli.caldav_password import collection_sink
from scraper.cli.options import Options, debug_folder, login_of, piped_password, school_of, settings_from
from scraper.cli.signals import ignore_interruptions
from scraper.config.selection import select_accounts
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.job import ExportJob, build_job, job_for_account


def jobs_meant(
    names: Sequence[str], given: Options, words: Catalogue, *, every: bool, password_stdin: bool, debug: str | None
) -> list[ExportJob]:
    """What each account has to do, whole before anything is started. Raises SettingsError, CredentialsMissing."""
    from scraper.config.settings.model import VARIABLES

    meant = select_accounts(names, given, os.environ, every=every)
    if len(meant) > 1 and (password_stdin or given.get("login")):
        raise SettingsError("password-for-one")
    if not meant:
        return [_by_options(given, words, password_stdin=password_stdin, debug=debug)]
    # A password that is given can be that of one account only.
    environment = {
        name: value for name, value in os.environ.items() if name != VARIABLES["password"] or len(meant) == 1
    }
    options: Mapping[str, object] = {**given, "password": piped_password()} if password_stdin else {**given}
    jobs = [_job(name, environment, options, _debug(debug, name if len(meant) > 1 else "")) for name in meant]
    _refuse_shared(jobs)
    return jobs


def explained_job(names: Sequence[str], given: Options, words: Catalogue) -> ExportJob:
    """The one job whose ledger is looked into. Raises SettingsError."""
    jobs = jobs_meant(names, given, words, every=False, password_stdin=False, debug=None)
    if len(jobs) > 1:
        raise SettingsError("which-export", near=[job.account.name for job in jobs])
    return jobs[0]


def _by_options(given: Options, words: Catalogue, *, password_stdin: bool, debug: str | None) -> ExportJob:
    """What options, variables and settings tell of; it is an account of the settings where school and login are its."""
    from scraper.config.accounts import account_of_login
    from scraper.config.settings.model import IDENTITY

    settings = settings_from(password_stdin=password_stdin, **given)
    school = school_of(settings, words)
    login = login_of(settings, school, words)
    name = account_of_login(school, login, os.environ)
    if name:
        options = {key: value for key, value in given.items() if key not in IDENTITY}
        password = settings.password.get_secret_value() if settings.password else None
        return _job(name, os.environ, {**options, "password": password}, debug_folder(debug))
    job = build_job(settings, school, login, debug=debug_folder(debug), before_swap=ignore_interruptions)
    return replace(job, push=collection_sink)


def _job(name: str, environment: Mapping[str, str], options: Mapping[str, object], debug: Path | None) -> ExportJob:
    job = job_for_account(name, environment, options, debug=debug, before_swap=ignore_interruptions)
    return replace(job, push=collection_sink)


def _debug(given: str | None, name: str) -> Path | None:
    return debug_folder(f"{given}/{name}" if given and name else given)


def _refuse_shared(jobs: Sequence[ExportJob]) -> None:
    """Raises SettingsError("account-file") where two accounts write to one file."""
    written: dict[str, str] = {}
    for job in jobs:
        for target in job.targets if len(jobs) > 1 else ():
            other = written.setdefault(target.output, job.account.name)
            if other != job.account.name:
                raise SettingsError("account-file", name=job.account.name, other=other, given=target.output)
