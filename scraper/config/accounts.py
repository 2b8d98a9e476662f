"""The accounts of the settings file: who each is, and how one is begun, completed and forgotten."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from pydantic import SecretStr

from scraper.config.schools.files import guess_school, load_school, school_at
from scraper.config.settings.edit import written
from scraper.config.settings.file import account_table, change_account, put, rewriting
from scraper.config.settings.loading import account_names, default_output, load_settings, origins
from scraper.config.settings.model import ACCOUNT_KEYS, IDENTITY, Settings, name_in_file
from scraper.config.settings.validation import is_name, paths_of, real_path, same_name
from scraper.domain.school import School
from scraper.errors import SettingsError, VaultLocked
from scraper.system.paths import state_folder

if TYPE_CHECKING:
    from scraper.config.account import Account
    from scraper.config.outputs import Output
    from scraper.config.vault import Vault, Vaults

NO_NAME = re.compile(r"^-+|[^\w.@-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredAccount:
    """An account of the settings file; `settings` are those of a run with it."""

    name: str
    settings: Settings = field(repr=False)
    school: School

    @property
    def login(self) -> str:
        """Its login at the portal."""
        return self.settings.login or ""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The files of its calendars, `-` for standard output."""
        from scraper.config.outputs import files_of  # noqa: PLC0415 - only what lists or exports needs it

        return files_of(self.settings, self.name)

    @property
    def collections(self) -> "tuple[Output, ...]":
        """Its calendars at servers of CalDAV."""
        from scraper.config.outputs import collections_of  # noqa: PLC0415 - likewise

        return collections_of(self.settings)

    def account(self, password: SecretStr | None = None, debug: Path | None = None) -> "Account":
        """Who logs in, as an export takes it; without a password a kept session must do."""
        from scraper.config.account import account_from  # noqa: PLC0415 - most who ask for an account log in nowhere

        secret = password.get_secret_value() if password else ""
        return account_from(self.settings, self.school, login=self.login, password=secret, name=self.name, debug=debug)


def account_named(
    name: str, environment: Mapping[str, str], options: Mapping[str, object] | None = None
) -> ConfiguredAccount:
    """The account of that name, with the settings of a run that has these options.

    Raises SettingsError: "unknown-account", "account-login" or "no-school" where its table does not say enough,
    UnknownSchool, and what `load_settings` raises.
    """
    settings = load_settings(options or {}, environment, name)
    if not settings.login:
        raise SettingsError("account-login", name=name)
    return ConfiguredAccount(name=name, settings=settings, school=require_school(settings))


def all_accounts(environment: Mapping[str, str]) -> tuple[ConfiguredAccount, ...]:
    """Every account, in the file's order. Raises SettingsError."""
    return tuple(account_named(name, environment) for name in account_names())


def account_of_login(school: School, login: str, environment: Mapping[str, str]) -> str:
    """The name of the account of that school and login; empty where there is none."""
    known = _readable(environment)
    return next((n.name for n in known if (n.school.namespace, n.login) == (school.namespace, login)), "")


def find_school(settings: Settings) -> School | None:
    """The school that the settings name by address or id, or by the login's mail domain. Raises SettingsError."""
    if settings.url:
        return school_at(settings.url)
    if settings.school:
        return school_at(settings.school) if re.search(r"[/.]", settings.school) else load_school(settings.school)
    return guess_school(settings.login) if settings.login else None


def require_school(settings: Settings) -> School:
    """The same; raises SettingsError("no-school") where they name none."""
    school = find_school(settings)
    if school is None:
        raise SettingsError("no-school")
    return school


def name_for(login: str) -> str:
    """What an account is called unless its user says: its login, without what no name may have."""
    return NO_NAME.sub("-", normalize("NFC", login.strip())).strip("-")[:64].rstrip(".") or "aurion"


def create_account(name: str, school: School, login: str, environment: Mapping[str, str]) -> bool:
    """Writes the account into the settings file; False where it stood there already, the very same.

    Raises SettingsError: "account-name", "account-taken" where that name is another school's or login's,
    "account-same" where the same school and login have another name: they have one ledger.
    """
    if not is_name(name):
        raise SettingsError("account-name", name=name)
    if _is_begun(name, school, login, environment):
        return False
    is_known = school.id and load_school(school.id).base_url == school.base_url
    where = {"school": school.id} if is_known else {"url": school.base_url}
    general = load_settings({}, {})
    shared = {"output": str(default_output(name))} if general.output or general.outputs else {}
    with rewriting() as document:
        _is_begun(name, school, login, environment)  # another process may have begun it in between
        put(account_table(document, name), where | {"login": login} | shared)
    return True


def _is_begun(name: str, school: School, login: str, environment: Mapping[str, str]) -> bool:
    """Whether the very same account is in the settings file. Raises SettingsError where it cannot be added."""
    for known in _readable(environment):
        same = (known.school.namespace, known.login) == (school.namespace, login)
        if same_name(known.name) == same_name(name):
            if same and known.name == name:
                return True
            raise SettingsError("account-taken", name=known.name, school=known.school.name)
        if same:
            raise SettingsError("account-same", name=known.name, school=school.name)
    if name in account_names():
        raise SettingsError("account-taken", name=name, school="")
    return False


def update_account(name: str, settings: Settings, given: Sequence[str]) -> None:
    """Writes these settings into the account's table; one that is not an account's own is left out.

    Raises SettingsError; "account-file" where another account writes to that file.
    """
    values = {n: getattr(settings, n) for n in given if n in ACCOUNT_KEYS and n not in IDENTITY}
    if settings.output and "output" in given:
        refuse_shared(name, settings.output)
    if values:
        change_account(name, {name_in_file(n): written(n, value) for n, value in values.items()})


def refuse_shared(name: str, output: str, *, leaving: str = "") -> None:
    """Raise SettingsError("account-file") where another account, other than one that is left, writes to that file."""
    for other in account_names():
        if other in {name, leaving} or output == "-":
            continue
        settings = load_settings({}, {}, other)
        said = settings.output or settings.outputs
        paths = paths_of(settings) if said else [real_path(str(default_output(other)))]
        if {output, real_path(output)} & {*paths}:
            raise SettingsError("account-file", name=name, other=other, given=output)


def missing_settings(name: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Which of `months` and `output` neither the account's own table nor a variable says."""
    said = origins({}, environment, name)
    own = {n for n, origin in said.items() if origin.kind in {"account", "variable"}}
    groups = {"months": {"months", "last"}, "output": {"output", "outputs"}}
    return tuple(asked for asked, answers in groups.items() if not own & answers)


def store_password(name: str, password: SecretStr, vault: "Vault") -> None:
    """Puts it into the vault; the next run may ask the portal. Raises VaultLocked, DeliveryError, AnotherRun."""
    from scraper.system.run_history import Runs  # noqa: PLC0415 - only few commands need it

    vault.put(name, password)
    Runs(state_folder(), name).unblock()


def password_location(name: str, vaults: "Vaults") -> tuple[str, bool]:
    """Where the account's password is: `keyring`, `age file`, or `absent`; and whether that place is locked.

    A place that is locked is taken to have it.
    """
    try:
        found = vaults.find(name)
    except VaultLocked as error:
        return ("keyring" if error.reason.startswith("keyring") else vaults.age.kind), True
    return (found[0] if found else "absent"), False


def drop_session(named: ConfiguredAccount) -> bool:
    """Forgets the session kept; False where there was none."""
    file = named.account().session_file
    there = file.path.exists()
    file.drop()
    return there


def _readable(environment: Mapping[str, str]) -> Iterator[ConfiguredAccount]:
    """The accounts whose school is known."""
    for name in account_names():
        with suppress(SettingsError):
            yield account_named(name, environment)
