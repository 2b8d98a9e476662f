"""The set-up's form, and the account created from it in the same way as by `aurion account add`."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from scraper.config.account_passwords import store_password
from scraper.config.accounts import (
    account_of_login,
    create_account,
    default_name,
    refuse_shared,
    update_account,
)
from scraper.config.configuration import Config
from scraper.config.default_output import default_output, shorten_path
from scraper.config.path_text import path_below
from scraper.config.settings.edit import parse_setting
from scraper.config.vault.vaults import PASSPHRASE, Vaults, vaults
from scraper.domain.school import School
from scraper.errors import AurionError, CredentialsMissing, SettingsError, VaultLocked
from scraper.publishing.output_file import check_output
from scraper.runs.forget_account import delete_account
from scraper.system.run_history import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupForm:
    """The values of the set-up's form except the password.

    An empty `file` is the default path. `keeps_past` is whether the calendar has the lessons since the school year
    began. `replaced` is the account that never worked and is replaced by this one, or empty. `language` is the
    calendar's language where the general settings do not choose one.
    """

    school: School
    login: str = field(repr=False)
    months: str
    file: str
    keeps_past: bool
    replaced: str
    language: str
    config: Config = field(repr=False)

    @property
    def name(self) -> str:
        """The account's name: the existing account of this school and login, else a name made from the login."""
        if known := account_of_login(self.school, self.login, self.config):
            return known
        wanted = default_name(self.login)
        if wanted not in self.config.account_names or wanted == self.replaced:
            return wanted
        return default_name(f"{wanted}-{self.school.id or urlsplit(self.school.base_url).hostname}")

    def find_errors(self, password: str) -> dict[str, AurionError]:
        """Return the errors by the field that shows them."""
        checks: dict[str, Callable[[], object]] = {
            "login": self._check_login,
            "password": lambda: _require(password, "password", self.school),
            "months": lambda: parse_setting("months", self.months),
            "file": self._check_file,
        }
        errors = {}
        for name, check in checks.items():
            try:
                check()
            except AurionError as error:
                errors[name] = error
        return errors

    def save(self, password: SecretStr, stores: Vaults) -> str:
        """Create the account, delete the one that it replaces, and return its name.

        Raise SettingsError, VaultLocked, DeliveryError or AnotherRun.
        """
        name, vault = self.name, stores.home(self.name).vault
        if self.replaced and self.replaced != account_of_login(self.school, self.login, self.config):
            delete_account(self.replaced, self.config, stores)
        config = self.config.reread()
        create_account(name, self.school, self.login, config)
        values = {"months": self.months, "output": self._output(name)}
        if self.keeps_past != (config.reread().stored.settings(name).past == "year"):
            values["past"] = "year" if self.keeps_past else "0"
        if "language" not in config.file.general and self.language != config.stored.settings().language:
            values["language"] = self.language
        update_account(name, config.stored.with_options(values).settings(), tuple(values), config.reread())
        store_password(name, password, vault, config.state)
        return name

    def _check_login(self) -> None:
        _require(self.login, "login", self.school)
        if self.name in self.config.account_names and not is_untried(self.config.state, self.name):
            raise SettingsError("account-same", name=self.name, school=self.school.name)

    def _check_file(self) -> None:
        path = check_output(self._output(self.name), Path.home())
        refuse_shared(self.name, path, self.config, leaving=self.replaced)

    def _output(self, name: str) -> str:
        return path_below(self.file or suggested_file(self.config, name, self.replaced), "~")


def parse_setup_form(
    typed: Mapping[str, str], school: School, config: Config, *, replaced: str, language: str
) -> SetupForm:
    """Read the form, or a draft of it; missing values get the program's defaults."""
    return SetupForm(
        school=school,
        login=typed.get("login", "").strip(),
        months=typed.get("months", "6").strip(),
        file=typed.get("file", "").strip(),
        keeps_past=typed.get("past", "year") == "year",
        replaced=replaced,
        language=language,
        config=config,
    )


def suggested_file(config: Config, name: str = "", replaced: str = "") -> str:
    """Return the default path of the calendar; empty where that depends on a name not known yet."""
    others = {*config.account_names} - {name, replaced}
    return "" if others and not name else shorten_path(default_output(config.default_file(name if others else "")))


def is_untried(state: Path, account: str) -> bool:
    """Return whether no run of the account ever succeeded, so that nothing is lost with it."""
    return Runs(state, account).last_good() is None


def open_vaults(passphrase: str, environment: Mapping[str, str]) -> Vaults:
    """Return the vaults; a typed passphrase opens the one in the age file."""

    def ask(*, new: bool) -> SecretStr:
        del new
        return SecretStr(passphrase)

    return vaults(ask if passphrase else None, environment=environment)


def needs_passphrase(stores: Vaults, environment: Mapping[str, str]) -> bool:
    """Return whether the vault needs a passphrase that the server does not have. Raise VaultLocked."""
    return stores.choose().why.endswith("-passphrase") and not environment.get(PASSPHRASE)


def asks_passphrase(environment: Mapping[str, str]) -> bool:
    """Return whether a form that stores a secret asks for the vault's passphrase."""
    with suppress(VaultLocked):
        return needs_passphrase(open_vaults("", environment), environment)
    return False


def _require(text: str, field_name: str, school: School) -> None:
    if not text:
        raise CredentialsMissing(field_name, school=school.name)
