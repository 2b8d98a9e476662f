"""Load the settings of a run from all layers; list the accounts; find the period and the default output."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import platformdirs
from dateutil.relativedelta import relativedelta

from scraper.config.config import Config
from scraper.config.settings.layers import Origin
from scraper.config.settings.model import MOST_MONTHS, Settings
from scraper.domain.planning import Period
from scraper.errors import SettingsError
from scraper.system.network.access import Access

EARLIEST, LATEST = 2000, 2100
"""The years in which a period may begin."""


def load_settings(
    options: Mapping[str, object], environment: Mapping[str, str], account: str | None = None
) -> Settings:
    """Return `Config.settings` of a new configuration."""
    return Config(environment=environment, options=options).settings(account)


def load_network_access(environment: Mapping[str, str]) -> Access:
    """Return `Config.network_access` of a new configuration."""
    return Config(environment=environment).network_access()


def load_without_file(options: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Return `Config.settings_without_file` of a new configuration."""
    return Config(environment=environment, options=options).settings_without_file()


def origins(
    options: Mapping[str, object], environment: Mapping[str, str], account: str | None = None
) -> dict[str, Origin]:
    """Return `Config.origins` of a new configuration."""
    return Config(environment=environment, options=options).origins(account)


def account_names() -> tuple[str, ...]:
    """Return `Config.account_names` of a new configuration."""
    return Config().account_names


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
