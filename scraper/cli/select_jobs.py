"""Selection of a command's export jobs: the named accounts, all accounts, or one by options and prompts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scraper.cli.answers import choose_login, find_or_ask_school, read_password
from scraper.cli.debug_files import debug_folder
from scraper.cli.terminal_dialog import prompting_sink
from scraper.config.configuration import Config
from scraper.config.selection import select_accounts
from scraper.config.settings.model import IDENTITY, VARIABLES
from scraper.domain.progress import PICTURES
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.job import ExportJob, build_job, job_for_account
from scraper.system.interruptions import ignore_interruptions


def select_jobs(
    names: Sequence[str], config: Config, words: Catalogue, *, every: bool, password_stdin: bool, debug: str | None,
    takes_one: bool = False,
) -> list[ExportJob]:  # fmt: skip
    """Return the jobs, all validated before the first one starts. Raise SettingsError, CredentialsMissing."""
    selected = select_accounts(names, config, every=every, takes_one=takes_one)
    if len(selected) > 1 and (password_stdin or config.options.get("login")):
        raise SettingsError("password-for-one")
    if password_stdin:
        config = config.with_options({**config.options, "password": read_password()})
    if not selected:
        return [_job_by_options(config, words, debug)]
    if len(selected) > 1:  # a password in the variable belongs to a single account
        variables = {name: value for name, value in config.environment.items() if name != VARIABLES["password"]}
        config = replace(config, environment=variables)
    folders = [f"{debug}/{name}" if debug and len(selected) > 1 else debug for name in selected]
    jobs = [_job(name, config, folder) for name, folder in zip(selected, folders, strict=True)]
    _refuse_shared(jobs)
    return jobs


def select_job(names: Sequence[str], config: Config, words: Catalogue) -> ExportJob:
    """Return the only job that the names and options select. Raise SettingsError if there are several."""
    jobs = select_jobs(names, config, words, every=False, password_stdin=False, debug=None, takes_one=True)
    if len(jobs) > 1:
        raise SettingsError("which-one", near=[job.account.name for job in jobs])
    return jobs[0]


def _job_by_options(config: Config, words: Catalogue, debug: str | None) -> ExportJob:
    """Return the job for options, variables and settings; if an account has this school and login, the account's."""
    from scraper.config.accounts import account_of_login

    settings = config.settings()
    school = find_or_ask_school(settings, words)
    login = choose_login(settings, school, words)
    name = account_of_login(school, login, config.with_options({}))
    if name:
        options = {key: value for key, value in config.options.items() if key not in IDENTITY}
        password = settings.password.get_secret_value() if settings.password else None
        return _job(name, config.with_options({**options, "password": password}), debug)
    return _for_terminal(
        build_job(settings, school, login, config, debug=debug_folder(debug), before_swap=ignore_interruptions)
    )


def _job(name: str, config: Config, debug: str | None) -> ExportJob:
    folder = debug_folder(debug)
    return _for_terminal(job_for_account(name, config, debug=folder, before_swap=ignore_interruptions))


def _for_terminal(job: ExportJob) -> ExportJob:
    """Return the job with prompts for passwords, and screenshots for the process that started this one."""
    pictures = job.config.environment.get(PICTURES)
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
