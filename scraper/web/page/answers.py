"""What the set-up was answered, and the account made of it: as `aurion account add` makes one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from scraper.accounts import account_of_login, begin, complete, forget, keep_password, name_for, refuse_shared
from scraper.errors import AurionError, CredentialsMissing, SettingsError
from scraper.os_errors import state_translated
from scraper.output_file import check_output
from scraper.path_text import path_below
from scraper.private import private_folder
from scraper.runs import Runs
from scraper.school import School
from scraper.settings.file import state_folder
from scraper.settings.loading import account_names, default_output, load_settings, short
from scraper.vault import Vaults, vaults
from scraper.vault.choice import PASSPHRASE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All but the password. `where` is `file`, or `feed` for a calendar that subscribers alone fetch.

    `before` is the account that the same visitor began before, and may have come back to change.
    """

    school: School
    login: str = field(repr=False)
    months: str
    where: str
    file: str
    before: str
    environment: Mapping[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        """The account's: that of this school and login where there is one, else made from the login."""
        if known := account_of_login(self.school, self.login, self.environment):
            return known
        wished = name_for(self.login)
        if wished not in account_names() or wished == self.before:
            return wished
        return name_for(f"{wished}-{self.school.id or urlsplit(self.school.base_url).hostname}")

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
        """Makes the account, by whose name it answers; what was begun before and never worked is forgotten.

        Raises SettingsError, VaultLocked, DeliveryError, AnotherRun.
        """
        name, vault = self.name, places.home(self.name).vault
        if self.before != name and self.before in account_names() and is_untried(self.before):
            forget(self.before, self.environment, places)
        begin(name, self.school, self.login, self.environment)
        output = self._output(name)
        complete(name, load_settings({"months": self.months, "output": output}, {}), ("months", "output"))
        keep_password(name, password, vault)
        return name

    def _check_login(self) -> None:
        _given(self.login, "login", self.school)
        if self.name in account_names() and not is_untried(self.name):
            raise SettingsError("account-same", name=self.name, school=self.school.name)

    def _check_file(self) -> None:
        if self.where == "feed":
            return
        refuse_shared(self.name, check_output(self._output(self.name), Path.home()))

    def _output(self, name: str) -> str:
        if self.where != "feed":
            return path_below(self.file or short(default_output(name)), "~")
        folder = state_folder() / "calendars"
        with state_translated(str(folder)):
            private_folder(folder.parent)
            private_folder(folder)
        return str(folder / f"{name}.ics")


def answers_of(typed: Mapping[str, str], school: School, environment: Mapping[str, str]) -> Answers:
    """Those of a form, or of a draft; what was not said yet is as the program would have it."""
    return Answers(
        school=school,
        login=typed.get("login", "").strip(),
        months=typed.get("months", "6").strip(),
        where="feed" if typed.get("where") == "feed" else "file",
        file=typed.get("file", suggested_file()).strip(),
        before=typed.get("before", ""),
        environment=environment,
    )


def suggested_file() -> str:
    """Where the first account's calendar goes; another's depends on its name, which nobody knows yet."""
    return "" if account_names() else short(default_output())


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
