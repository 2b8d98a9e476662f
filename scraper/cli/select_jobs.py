"""Selection of a command's export jobs: the named accounts, all accounts, or one by options and prompts."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from scraper.cli.interruptions import ignore_interruptions
from scraper.cli.options import choose_login, debug_folder, find_or_ask_school, read_password, settings_from
from scraper.cli.setting_options import Given
from scraper.cli.terminal_dialog import prompting_sink
from scraper.config.selection import select_accounts
from scraper.config.settings.model import IDENTITY, VARIABLES
from scraper.domain.progress import PICTURES
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.job import ExportJob, build_job, job_for_account


def select_jobs(
    names: Sequence[str], given: Given, words: Catalogue, *, every: bool, password_stdin: bool, debug: str | None
) -> list[ExportJob]:
    """Return the jobs, all validated before the first one starts. Raise SettingsError, CredentialsMissing."""
    selected = select_accounts(names, given, os.environ, every=every)
    if len(selected) > 1 and (password_stdin or given.get("login")):
        raise SettingsError("password-for-one")
    if not selected:
        return [_job_by_options(given, words, password_stdin=password_stdin, debug=debug)]
    # A password in the variable belongs to a single account.
    environment = {
        name: value for name, value in os.environ.items() if name != VARIABLES["password"] or len(selected) == 1
    }
    options = {**given, "password": read_password()} if password_stdin else given
    folders = [f"{debug}/{name}" if debug and len(selected) > 1 else debug for name in selected]
    jobs = [_job(name, environment, options, folder) for name, folder in zip(selected, folders, strict=True)]
    _refuse_shared(jobs)
    return jobs


def select_job(names: Sequence[str], given: Given, words: Catalogue) -> ExportJob:
    """Return the only job that the names and options select. Raise SettingsError if there are several."""
    jobs = select_jobs(names, given, words, every=False, password_stdin=False, debug=None)
    if len(jobs) > 1:
        raise SettingsError("which-export", near=[job.account.name for job in jobs])
    return jobs[0]


def _job_by_options(given: Given, words: Catalogue, *, password_stdin: bool, debug: str | None) -> ExportJob:
    """Return the job for options, variables and settings; if an account has this school and login, the account's."""
    from scraper.config.accounts import account_of_login

    settings = settings_from(given, password_stdin=password_stdin)
    school = find_or_ask_school(settings, words)
    login = choose_login(settings, school, words)
    name = account_of_login(school, login, os.environ)
    if name:
        options = {key: value for key, value in given.items() if key not in IDENTITY}
        password = settings.password.get_secret_value() if settings.password else None
        return _job(name, os.environ, {**options, "password": password}, debug)
    return _for_terminal(
        build_job(settings, school, login, debug=debug_folder(debug), before_swap=ignore_interruptions)
    )


def _job(name: str, environment: Mapping[str, str], options: Given, debug: str | None) -> ExportJob:
    folder = debug_folder(debug)
    return _for_terminal(job_for_account(name, environment, options, debug=folder, before_swap=ignore_interruptions))


def _for_terminal(job: ExportJob) -> ExportJob:
    """Return the job with prompts for passwords, and screenshots for the process that started this one."""
    pictures = os.environ.get(PICTURES)
    return replace(
        job, account=replace(job.account, pictures=Path(pictures) if pictures else None), push=prompting_sink
    )


def _refuse_shared(jobs: Sequence[ExportJob]) -> None:
    """Raise SettingsError("account-file") if two accounts write to the same file."""
    written: dict[str, str] = {}
    for job in jobs:
        for target in job.targets if len(jobs) > 1 else ():
            other = written.setdefault(target.output, job.account.name)
            if other != job.account.name:
                raise SettingsError("account-file", name=job.account.name, other=other, given=target.output)
