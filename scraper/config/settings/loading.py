"""Load the settings of a run from all layers; list the accounts; find the period and the default output."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import platformdirs
from dateutil.relativedelta import relativedelta

from scraper.config.settings.layers import Layer, Origin, effective_layers, merge_layers
from scraper.config.settings.model import DECLARED, IDENTITY, MOST_MONTHS, VARIABLES, Settings
from scraper.config.settings.settings_file import read_settings_file
from scraper.config.settings.validation import validate_file
from scraper.domain.planning import Period
from scraper.errors import SettingsError
from scraper.system.network.access import Access, resolve_access

EARLIEST, LATEST = 2000, 2100
"""The years in which a period may begin."""


def load_settings(
    options: Mapping[str, object], environment: Mapping[str, str], account: str | None = None
) -> Settings:
    """Return the settings of a run, of the account if one is named.

    Options that are None and empty variables count as not given. The account's table overrides the file's general
    keys, variables override both, options override all. Only its own table sets an account's school and login.
    A setting also removes its alternatives (`output`, `outputs`) from lower layers. Raise SettingsError with the value
    and its origin, "unknown-account", or "account-fixed" for an option that would change the account's identity.
    """
    return merge_layers(_layers(options, environment, account))


def load_network_access(environment: Mapping[str, str]) -> Access:
    """Return the network access of this machine: proxies and certificate authorities. Raise SettingsError."""
    settings = load_settings({}, environment)
    return resolve_access(settings.proxy.get_secret_value(), settings.ca_file, environment)


def load_without_file(options: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Return the settings of options and variables only, without the file. Raise SettingsError."""
    return merge_layers(_above(options, environment))


def origins(
    options: Mapping[str, object], environment: Mapping[str, str], account: str | None = None
) -> dict[str, Origin]:
    """Return the origin of each setting, by its name in `Settings`. Raise SettingsError as `load_settings` does."""
    layers = _layers(options, environment, account)
    merge_layers(layers)
    set_by = effective_layers(layers)
    return {n: set_by[n].origin(n) if n in set_by else Origin(kind="default") for n in Settings.model_fields}


def _layers(options: Mapping[str, object], environment: Mapping[str, str], account: str | None) -> list[Layer]:
    """Return the layers of a run, the lowest first."""
    general, accounts = validate_file(read_settings_file())
    variables, given = _above(options, environment)
    if account is None:
        return [general, variables, given]
    if account not in accounts:
        if not accounts:
            raise SettingsError("no-account")
        near = get_close_matches(account, accounts, cutoff=0.4) or list(accounts)
        raise SettingsError("unknown-account", name=account, near=near)
    if changed := [name for name in IDENTITY if name in given.values]:
        raise SettingsError("account-fixed", name=account, option=changed[0])
    own = [name for name in accounts[account].values if name in IDENTITY]
    fixed = {*own, *(DECLARED[name].replaces for name in own)}
    allowed = {name: value for name, value in variables.values.items() if name not in fixed}
    return [general, accounts[account], replace(variables, values=allowed), given]


def _above(options: Mapping[str, object], environment: Mapping[str, str]) -> tuple[Layer, Layer]:
    """Return the layers of variables and of options; an option that is None was not given."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    for name in ("school", "url"):
        if given.get(name) == "":
            raise SettingsError(name, given="")
    if {"school", "url"} <= given.keys():
        raise SettingsError("school-and-url")
    if {"months", "last"} <= given.keys():
        raise SettingsError("months-and-until")
    variables = {name: environment[v] for name, v in VARIABLES.items() if environment.get(v, "").strip()}
    return Layer(kind="variable", values=variables), Layer(kind="option", values=given)


def account_names() -> tuple[str, ...]:
    """Return the accounts of the settings file, in its order. Raise SettingsError if the file is invalid."""
    return tuple(validate_file(read_settings_file())[1])


def default_output(account: str | None = None) -> Path:
    """Return `planning.ics` in the user's Downloads folder, whatever its localised name; create a missing folder.

    For accounts other than the first one in the file, it is `planning-<account>.ics`. Raise SettingsError("downloads").
    """
    folder = platformdirs.user_downloads_path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError("downloads", path=str(folder), detail=error.strerror or "") from error
    if account is None or account_names()[:1] in {(), (account,)}:
        return folder / "planning.ics"
    return folder / f"planning-{account}.ics"


def shorten_path(path: Path) -> str:
    """Return the path with `~` for the home folder."""
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)


def period_of(settings: Settings, today: date) -> Period:
    """Return the days to export, both ends included: from `first` (default: today) to `last` or `months` later.

    `today` is in the school's zone. Raise SettingsError: "period", "period-long".
    """
    first = settings.first or today
    try:
        last = settings.last or first + relativedelta(months=settings.months)
        period = Period(first=first, last=last)
    except (ValueError, OverflowError):
        raise SettingsError("period", first=first, last=settings.last or "…") from None
    if not EARLIEST <= first.year <= LATEST:
        raise SettingsError("period", first=first, last=last)
    if last > first + relativedelta(months=MOST_MONTHS):
        raise SettingsError("period-long", first=first, last=last, months=MOST_MONTHS)
    return period
