"""What the set-up was answered, and the account made of it: as `aurion account add` makes one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from scraper.config.accounts import (
    account_of_login,
    create_account,
    default_name,
    refuse_shared,
    store_password,
    update_account,
)
from scraper.config.settings.file import read_settings_file
from scraper.config.settings.loading import account_names, default_output, load_settings, shorten_path
from scraper.config.vault import Vaults, vaults
from scraper.config.vault.vaults import PASSPHRASE
from scraper.domain.school import School
from scraper.errors import AurionError, CredentialsMissing, SettingsError
from scraper.publishing.output_file import check_output
from scraper.runs.forget_account import delete_account
from scraper.system.files import private_folder
from scraper.system.os_errors import translate_state_errors
from scraper.system.path_text import path_below
from scraper.system.paths import state_folder
from scraper.system.run_history import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupForm:
    """All but the password. `where` is `file`, or `feed` for a calendar that subscribers alone fetch.

    An empty `file` is the program's own choice. `replaced` is an account that never worked and gives its place to this
    one, empty where there is none. `language` is that of the calendar's text, unless the settings say one for all.
    """

    school: School
    login: str = field(repr=False)
    months: str
    where: str
    file: str
    replaced: str
    language: str
    environment: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        """The account's: that of this school and login where there is one, else made from the login."""
        if known := account_of_login(self.school, self.login, self.environment):
            return known
        wanted = default_name(self.login)
        if wanted not in account_names() or wanted == self.replaced:
            return wanted
        return default_name(f"{wanted}-{self.school.id or urlsplit(self.school.base_url).hostname}")

    def wrong(self, password: str) -> dict[str, AurionError]:
        """What cannot be done, by the field that says it."""
        checks: dict[str, Callable[[], object]] = {
            "login": self._check_login,
            "password": lambda: _given(password, "password", self.school),
            "months": lambda: load_settings({"months": self.months}, {}),
            "file": self._check_file,
        }
        found = {}
        for name, check in checks.items():
            try:
                check()
            except AurionError as error:
                found[name] = error
        return found

    def write(self, password: SecretStr, places: Vaults) -> str:
        """Make the account and give its name; the one that it replaces is forgotten.

        Raises SettingsError, VaultLocked, DeliveryError, AnotherRun.
        """
        name, vault = self.name, places.home(self.name).vault
        if self.replaced and self.replaced != account_of_login(self.school, self.login, self.environment):
            delete_account(self.replaced, self.environment, places)
        create_account(name, self.school, self.login, self.environment)
        values = {"months": self.months, "output": self._output(name)}
        if "language" not in read_settings_file().general and self.language != load_settings({}, {}).language:
            values["language"] = self.language
        update_account(name, load_settings(values, {}), tuple(values))
        store_password(name, password, vault)
        return name

    def _check_login(self) -> None:
        _given(self.login, "login", self.school)
        if self.name in account_names() and not is_untried(self.name):
            raise SettingsError("account-same", name=self.name, school=self.school.name)

    def _check_file(self) -> None:
        if self.where == "feed":
            return
        path = check_output(self._output(self.name), Path.home())
        refuse_shared(self.name, path, leaving=self.replaced)

    def _output(self, name: str) -> str:
        if self.where != "feed":
            return path_below(self.file or suggested_file(name, self.replaced), "~")
        folder = state_folder() / "calendars"
        with translate_state_errors(str(folder)):
            private_folder(folder.parent)
            private_folder(folder)
        return str(folder / f"{name}.ics")


def answers_of(
    typed: Mapping[str, str], school: School, environment: Mapping[str, str], *, replaced: str, language: str
) -> SetupForm:
    """Read those of a form, or of a draft; what is not there yet is as the program would have it."""
    return SetupForm(
        school=school,
        login=typed.get("login", "").strip(),
        months=typed.get("months", "6").strip(),
        where="feed" if typed.get("where") == "feed" else "file",
        file=typed.get("file", "").strip(),
        replaced=replaced,
        language=language,
        environment=environment,
    )


def suggested_file(name: str = "", replaced: str = "") -> str:
    """Where the calendar goes unless the visitor says; empty where that depends on a name that is not known yet."""
    others = {*account_names()} - {name, replaced}
    return "" if others and not name else shorten_path(default_output(name if others else None))


def is_untried(account: str) -> bool:
    """Whether no run of it was ever good: nothing is lost with it."""
    return Runs(state_folder(), account).last_good() is None


def opened(passphrase: str, environment: Mapping[str, str]) -> Vaults:
    """The places for passwords; with what was typed, that of the age file can be opened."""

    def ask(*, new: bool) -> SecretStr:
        del new
        return SecretStr(passphrase)

    return vaults(ask if passphrase else None, environment=environment)


def is_sealed(places: Vaults, environment: Mapping[str, str]) -> bool:
    """Whether only a passphrase, that nobody gave yet, opens the place where passwords go. Raises VaultLocked."""
    return places.preferred().why.endswith("-passphrase") and not environment.get(PASSPHRASE)


def _given(text: str, what: str, school: School) -> None:
    if not text:
        raise CredentialsMissing(what, school=school.name)
