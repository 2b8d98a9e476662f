"""The settings of a run, one layer put over the other; the accounts, the days, and where calendars go unless told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import platformdirs
from dateutil.relativedelta import relativedelta

from scraper.config.settings.file import read_settings_file
from scraper.config.settings.layers import Layer, Origin, alternatives, counting, settings_of
from scraper.config.settings.model import IDENTITY, MOST_MONTHS, VARIABLES, Settings
from scraper.config.settings.validation import layers_in
from scraper.domain.planning import Period
from scraper.errors import SettingsError
from scraper.system.network.access import Access, access_of

EARLIEST, LATEST = 2000, 2100
"""Years in which a planning may begin."""


def load_settings(
    options: Mapping[str, object], environment: Mapping[str, str], account: str | None = None
) -> Settings:
    """The settings of a run, for that account where one is named.

    An option that is None was not given, an empty variable neither. A key of the account's own table stands over
    the file's general one, a variable over both, an option over all; but who an account is (school, login), its
    table alone says. What takes another's place (`output` and `outputs`) does so from a lower layer.
    Raises SettingsError with what was given and where ("unknown-account", "account-fixed" for an account).
    """
    return settings_of(_layers(options, environment, account))


def access_of_machine(environment: Mapping[str, str]) -> Access:
    """The way to the network, for whatever a run asks there: proxies and authorities. Raises SettingsError."""
    settings = load_settings({}, environment)
    return access_of(settings.proxy.get_secret_value(), settings.ca_file, environment)


def without_file(options: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """What options and variables alone say. Raises SettingsError."""
    return settings_of(_above(options, environment))


def origins(
    options: Mapping[str, object], environment: Mapping[str, str], account: str | None = None
) -> dict[str, Origin]:
    """For each setting, by our own names, where its value comes from. Raises SettingsError as loading does."""
    layers = _layers(options, environment, account)
    settings_of(layers)
    said = counting(layers)
    return {name: said[name].origin(name) if name in said else Origin(kind="default") for name in Settings.model_fields}


def _layers(options: Mapping[str, object], environment: Mapping[str, str], account: str | None) -> list[Layer]:
    """The layers of a run, the lowest first."""
    general, accounts = layers_in(read_settings_file())
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
    fixed = {*own, *(other for name in own for other in alternatives(name))}
    left = {name: value for name, value in variables.values.items() if name not in fixed}
    return [general, accounts[account], replace(variables, values=left), given]


def _above(options: Mapping[str, object], environment: Mapping[str, str]) -> tuple[Layer, Layer]:
    """The variables, and the options: one that is None was not given."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    _refuse_two_schools(given)
    if {"months", "last"} <= given.keys():
        raise SettingsError("months-and-until")
    variables = {name: environment[v] for name, v in VARIABLES.items() if environment.get(v, "").strip()}
    return Layer(kind="variable", values=variables), Layer(kind="option", values=given)


def _refuse_two_schools(options: Mapping[str, object]) -> None:
    """A school or an address given as an option stands alone; both, or an empty one, are no choice."""
    for name in ("school", "url"):
        if options.get(name) == "":
            raise SettingsError(name, given="")
    if options.get("school") and options.get("url"):
        raise SettingsError("school-and-url")


def account_names() -> tuple[str, ...]:
    """The accounts of the settings file, in its order. Raises SettingsError where anything in it is wrong."""
    return tuple(layers_in(read_settings_file())[1])


def default_output(account: str | None = None) -> Path:
    """`planning.ics` in the user's Downloads folder, whatever its language; that folder is made if it is missing.

    For any account but the file's first it is `planning-<account>.ics`. Raises SettingsError.
    """
    folder = platformdirs.user_downloads_path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError("downloads", path=str(folder), said=error.strerror or "") from error
    if account is None or account_names()[:1] in {(), (account,)}:
        return folder / "planning.ics"
    return folder / f"planning-{account}.ics"


def short(path: Path) -> str:
    """The path as a person writes it: `~` for the home folder."""
    return f"~/{path.relative_to(Path.home()).as_posix()}" if path.is_relative_to(Path.home()) else str(path)


def period_of(settings: Settings, today: date) -> Period:
    """The days wanted: from `first` (today) to `last` (so many months later), both included, of the school's zone."""
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
