"""The accounts of the settings file: read, create and update them."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

from pydantic import SecretStr

from scraper.config.configuration import Config
from scraper.config.default_output import default_output
from scraper.config.outputs import destinations_of, files_of, outputs_of
from scraper.config.portal_account import Account, build_account
from scraper.config.schools.school_files import guess_school, load_school, school_at
from scraper.config.settings.edit import to_file_value
from scraper.config.settings.model import ACCOUNT_KEYS, IDENTITY, Settings, name_in_file
from scraper.config.settings.settings_file import account_table, change_account, rewrite_settings, set_keys
from scraper.config.settings.validation import fold_name, is_name, paths_of, real_path
from scraper.domain.school import School
from scraper.domain.sink_kind import Destination
from scraper.errors import SettingsError

NO_NAME = re.compile(r"^-+|[^\w.@-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredAccount:
    """An account of the settings file; `settings` are the effective settings of its runs."""

    name: str
    config: Config = field(repr=False)
    settings: Settings = field(repr=False)
    school: School

    @property
    def login(self) -> str:
        """The login at the portal."""
        return self.settings.login or ""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The files of the account's calendars, `-` for standard output."""
        return files_of(outputs_of(self.settings, self.config.default_file(self.name)))

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """The account's calendars at services."""
        return destinations_of(self.settings)

    def account(self, password: SecretStr | None = None, debug: Path | None = None) -> Account:
        """Return the account for a login at the portal; without a password only a saved session can log in."""
        secret = password.get_secret_value() if password else ""
        return build_account(
            self.settings, self.school, self.config.state, login=self.login, password=secret, name=self.name,
            debug=debug,
        )  # fmt: skip


def load_account(name: str, config: Config) -> ConfiguredAccount:
    """Return the account with that name and its effective settings.

    Raise SettingsError: "unknown-account", or "account-login" or "no-school" if its table is incomplete; UnknownSchool;
    and the errors of `Config.settings`.
    """
    settings = config.settings(name)
    if not settings.login:
        raise SettingsError("account-login", name=name)
    return ConfiguredAccount(name=name, config=config, settings=settings, school=require_school(settings))


def all_accounts(config: Config) -> tuple[ConfiguredAccount, ...]:
    """Return all accounts in the file's order. Raise SettingsError."""
    return tuple(load_account(name, config) for name in config.account_names)


def account_of_login(school: School, login: str, config: Config) -> str:
    """Return the name of the account with that school and login, "" if there is none."""
    known = _readable_accounts(config)
    return next((n.name for n in known if (n.school.namespace, n.login) == (school.namespace, login)), "")


def find_school(settings: Settings) -> School | None:
    """Return the school that the settings name by address or id, or else the school of the login's mail domain.

    Return None if neither is known. Raise SettingsError.
    """
    if settings.url:
        return school_at(settings.url)
    if settings.school:
        return school_at(settings.school) if re.search(r"[/.]", settings.school) else load_school(settings.school)
    return guess_school(settings.login) if settings.login else None


def require_school(settings: Settings) -> School:
    """Return the result of `find_school`; raise SettingsError("no-school") if there is none."""
    school = find_school(settings)
    if school is None:
        raise SettingsError("no-school")
    return school


def default_name(login: str) -> str:
    """Return the default name of an account: its login without the characters not allowed in names."""
    return NO_NAME.sub("-", normalize("NFC", login.strip())).strip("-")[:64].rstrip(".") or "aurion"


def create_account(name: str, school: School, login: str, config: Config) -> bool:
    """Write the account to the settings file; return False if the same account already exists.

    Raise SettingsError: "account-name"; "account-taken" if the name belongs to another school or login;
    "account-same" if the same school and login have another name, because both would share one ledger.
    """
    if not is_name(name):
        raise SettingsError("account-name", name=name)
    if _is_in_settings(name, school, login, config):
        return False
    is_known = school.id and load_school(school.id).base_url == school.base_url
    where = {"school": school.id} if is_known else {"url": school.base_url}
    general = config.stored.settings()
    shared = {"output": str(default_output(config.default_file(name)))} if general.output or general.outputs else {}
    with rewrite_settings() as document:
        _is_in_settings(name, school, login, config.reread())  # another process may have created it in the meantime
        set_keys(account_table(document, name), where | {"login": login} | shared)
    return True


def _is_in_settings(name: str, school: School, login: str, config: Config) -> bool:
    """Return whether the same account is in the settings file. Raise SettingsError if it cannot be added."""
    for known in _readable_accounts(config):
        same = (known.school.namespace, known.login) == (school.namespace, login)
        if fold_name(known.name) == fold_name(name):
            if same and known.name == name:
                return True
            raise SettingsError("account-taken", name=known.name, school=known.school.name)
        if same:
            raise SettingsError("account-same", name=known.name, school=school.name)
    if name in config.account_names:
        raise SettingsError("account-taken", name=name, school="")
    return False


def update_account(name: str, settings: Settings, given: Sequence[str], config: Config) -> None:
    """Write the settings named by `given` to the account's table, except those that apply to all accounts.

    Raise SettingsError, "account-file" if another account writes to the same file.
    """
    values = {n: getattr(settings, n) for n in given if n in ACCOUNT_KEYS and n not in IDENTITY}
    if settings.output and "output" in given:
        refuse_shared(name, settings.output, config)
    if values:
        change_account(name, {name_in_file(n): to_file_value(n, value) for n, value in values.items()})


def refuse_shared(name: str, output: str, config: Config, *, leaving: str = "") -> None:
    """Raise SettingsError("account-file") if another account writes to that file.

    `leaving` is an account that gives up its file in the same operation.
    """
    for other in config.account_names:
        if other in {name, leaving} or output == "-":
            continue
        settings = config.stored.settings(other)
        has_own = settings.output or settings.outputs
        paths = paths_of(settings) if has_own else [real_path(str(default_output(config.default_file(other))))]
        if {output, real_path(output)} & {*paths}:
            raise SettingsError("account-file", name=name, other=other, given=output)


def missing_settings(name: str, config: Config) -> tuple[str, ...]:
    """Return those of `months` and `output` that are set neither in the account's own table nor by a variable."""
    found = config.origins(name)
    own = {n for n, origin in found.items() if origin.kind in {"account", "variable"}}
    groups = {"months": {"months", "last"}, "output": {"output", "outputs"}}
    return tuple(setting for setting, equivalents in groups.items() if not own & equivalents)


def delete_session(named: ConfiguredAccount) -> bool:
    """Delete the saved session; return False if there was none."""
    file = named.account().session_file
    existed = file.path.exists()
    file.delete()
    return existed


def _readable_accounts(config: Config) -> Iterator[ConfiguredAccount]:
    """Yield the accounts with valid settings and a known school."""
    for name in config.account_names:
        with suppress(SettingsError):
            yield load_account(name, config)
