"""`aurion account add`: ask for the account, test the login, export once; each answer is saved at once."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from unicodedata import normalize

import typer
from pydantic import SecretStr

from scraper.cli import options, prompts
from scraper.cli.answers import ask_password, can_ask, read_password
from scraper.cli.commands.export import refuse_same_file
from scraper.cli.debug_files import debug_folder, record_file
from scraper.cli.options import option
from scraper.cli.output import user_words
from scraper.cli.passphrase import passphrase_prompt
from scraper.cli.preload import driver
from scraper.cli.run import RunOptions, export_job, report_outcome, run_and_store
from scraper.cli.setting_options import NONE, Given, Identity, RunSettings, with_settings
from scraper.cli.terminal_dialog import prompting_sink
from scraper.config.account_passwords import store_password
from scraper.config.accounts import (
    ConfiguredAccount,
    create_account,
    default_name,
    load_account,
    missing_settings,
    require_school,
    update_account,
)
from scraper.config.configuration import Config
from scraper.config.default_output import default_output, shorten_path
from scraper.config.settings.model import IDENTITY
from scraper.config.settings.settings_file import change_account
from scraper.config.settings.validation import is_name
from scraper.config.vault.vaults import Vaults, vaults
from scraper.errors import (
    AurionError,
    CredentialsMissing,
    Interrupted,
    LoginRefused,
    PortalUnavailable,
    SettingsError,
    VaultLocked,
)
from scraper.i18n import Catalogue
from scraper.publishing.job import job_for_account
from scraper.system.interruptions import ignore_interruptions

if TYPE_CHECKING:
    from scraper.publishing.publish import ExportResult

_Name = Annotated[str | None, option("--name", key="account_name", value="name")]
NoTry = Annotated[bool, option("--no-login-test", key="no_try")]


@with_settings
def add_account(
    name: _Name = None,
    identity: Identity = NONE,
    password_stdin: options.PasswordStdin = False,
    passphrase: options.Passphrase = False,
    no_try: NoTry = False,
    given: RunSettings = NONE,
    debug: options.Debug = None,
    record: options.Record = None,
    quiet: options.Quiet = False,
    json_output: options.Json = False,
) -> None:
    """Add an account, or continue with an unfinished one."""
    output = given.get("output")
    if json_output and output == "-":
        raise SettingsError("json-and-output")
    adding = AccountSetup(
        config=Config.from_environment(),
        words=user_words(),
        given={**identity, **given},
        quiet=quiet or json_output,
    )  # fmt: skip
    terminal = sys.stderr
    try:
        kept = _checked_places(debug, record, output)
        piped = SecretStr(read_password()) if password_stdin else None
        adding.save_identity(name)
        places = vaults(passphrase_prompt(adding.words), seal="passphrase" if passphrase else None)
        password = adding.password(piped, places, needed=not no_try)
        adding.ask()
        if no_try:
            adding.keep(password, places)
        elif password:
            adding.try_and_export(password, places, *kept, json_output=json_output)
    except (KeyboardInterrupt, EOFError, typer.Abort):
        sys.stderr = terminal  # the signal handler replaced it
        if not adding.name:
            raise KeyboardInterrupt from None
        terminal.write("\n")
        raise Interrupted("account", name=adding.name) from None


class AccountSetup:
    """The setup of an account; `name` is "" until the account is in the settings file."""

    def __init__(self, *, config: Config, words: Catalogue, given: Given, quiet: bool) -> None:
        self.config = config
        self.words = words
        self.name = ""
        self._given = given
        self._quiet = quiet
        self._new = True
        self._state = "account.unfinished"

    @property
    def named(self) -> ConfiguredAccount:
        """The account of the settings, with this run's options."""
        own = {name: value for name, value in self._given.items() if name not in IDENTITY}
        return load_account(self.name, self.config.with_options(own))

    def save_identity(self, name: str | None) -> None:
        """Ask for school and login and save them; continue an existing account. Raise SettingsError."""
        settings = self.config.with_options(self._given).settings_without_file()
        name = normalize("NFC", name) if name else name
        if name is not None and not is_name(name):
            raise SettingsError("account-name", name=name)
        if name in self.config.account_names:
            known = load_account(name or "", self.config)
            options = self.config.stored.with_options(self._given).settings_without_file()
            school = require_school(options) if options.school or options.url else known.school
            login = options.login or known.login
        else:
            school, login = prompts.ask_school_and_login(settings, self.words)
        name = name or default_name(login)
        self._new = create_account(name, school, login, self.config)
        self.name = name
        self.config = self.config.reread()
        update_account(name, settings, tuple(self._given), self.config)
        self.config = self.config.reread()
        self._say("account.begun" if self._new else "account.going_on", name=name)

    def password(self, given: SecretStr | None, places: Vaults, *, needed: bool) -> SecretStr | None:
        """Return the given, stored or typed password. Raise CredentialsMissing if it is `needed`, VaultLocked."""
        named = self.named
        if given or (given := named.settings.password):
            return given
        if not self._new and (found := places.find(self.name)):
            self._say("account.password_there", place=self.words(f"account.places.{found[0].removesuffix(' file')}"))
            return found[1]
        if can_ask():
            return SecretStr(ask_password(named.school, self.words))
        if needed:
            raise CredentialsMissing("password", school=named.school.name)
        return None

    def ask(self) -> None:
        """Ask for the missing settings, months and file, and save each answer at once. Raise SettingsError."""
        missing = missing_settings(self.name, self.config)
        if can_ask() and "months" in missing and not {"months", "last"} & self._given.keys():
            change_account(self.name, {"months": prompts.ask_months(self.named.settings.months, self.words)})
        if "output" in missing:
            output = shorten_path(default_output(self.config.default_file(self.name)))
            output = prompts.ask_output(self.name, self.config, self.words) if can_ask() else output
            change_account(self.name, {"output": output})
        self.config = self.config.reread()

    def keep(self, password: SecretStr | None, places: Vaults) -> None:
        """Store the password, if there is one, without a test. Raise VaultLocked."""
        if password:
            store_password(self.name, password, places.home(self.name).vault, self.config.state)
        self._say("account.untried" if password else "account.no_password", name=self.name)

    def try_and_export(
        self, password: SecretStr, places: Vaults, debug: Path | None, record: Path | None, *, json_output: bool
    ) -> None:
        """Log in once, then export with that session. On an AurionError, print what is saved and raise it."""
        run_options = RunOptions(words=self.words, record=record, quiet=self._quiet, json_output=json_output)
        try:
            outcome = run_and_store(
                self.named.account(), run_options, lambda: self._try_and_export(password, places, debug, run_options)
            )
            report_outcome(outcome, run_options, self.name)
        except AurionError as error:
            sys.stderr.write(f"{self.words(self._state or _state_after(error), name=self.name)}\n")
            raise
        self._say("account.ready", name=self.name)

    def _try_and_export(
        self, password: SecretStr, places: Vaults, debug: Path | None, run_options: RunOptions
    ) -> "ExportResult":
        home = places.home(self.name)
        with driver() as started:
            from scraper.cli.launch_chromium import chromium_for
            from scraper.export import check_destinations, log_in

            named = self.named
            job = job_for_account(self.name, named.config, debug=debug, before_swap=ignore_interruptions)
            job = replace(job, account=named.account(password, debug), push=prompting_sink)
            refuse_same_file(run_options.record, job)
            for target in job.targets_for(output for output in job.outputs if not output.destination):
                target.sink.check()
            progress = run_options.progress([job])
            check_destinations(job.account, job.targets)
            with chromium_for([job.account], started, progress, self.config) as chromium:
                self._state = ""
                home.vault.check()
                try:
                    log_in(job.account, progress, chromium)
                except LoginRefused:
                    raise
                except AurionError:
                    store_password(self.name, password, home.vault, self.config.state)
                    raise
                store_password(self.name, password, home.vault, self.config.state)
                self._state = "account.kept"
                self._say("account.password_kept", where=self.words(f"vault.where.{home.why}", **home.facts))
                # The session was just saved: the password is not sent a second time.
                account = replace(job.account, credentials=replace(job.account.credentials, password=""))
                return export_job(replace(job, account=account), run_options, chromium, progress)

    def _say(self, key: str, **facts: object) -> None:
        if not self._quiet:
            stream = sys.stderr if self._given.get("output") == "-" else sys.stdout
            stream.write(f"{self.words(key, **facts)}\n")


def _checked_places(debug: str | None, record: str | None, output: object) -> tuple[Path | None, Path | None]:
    """Return the folder for screenshots and the file for the recording, before anything is saved.

    Raise SettingsError or DeliveryError if one of them, or the calendar, cannot be written.
    """
    from scraper.publishing.output_file import check_output

    kept = debug_folder(debug), record_file(record)
    if output not in {None, "-"}:
        check_output(str(output), Path.cwd())
    return kept


def _state_after(error: AurionError) -> str:
    """Return the key of the message about what is saved after a failed test."""
    if isinstance(error, LoginRefused):
        return "account.refused"
    if isinstance(error, VaultLocked):
        return "account.unfinished"
    return "account.kept_for_later" if isinstance(error, PortalUnavailable) else "account.kept"
