"""List the accounts for display: login, location of the password, calendars and last run."""

from contextlib import suppress
from typing import Any

from scraper.config.account_passwords import password_location
from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault.vaults import Vaults, vaults
from scraper.errors import SettingsError
from scraper.system.run_history import Runs


def list_accounts(config: Config) -> list[dict[str, Any]]:
    """Return one JSON object for each account, in the file's order, plus `locked` and `zone`.

    `locked` is true if the vault of the password is locked. `zone` is the school's time zone. For an account with an
    unknown school, only its settings are returned. Raise SettingsError.
    """
    places = vaults(environment=config.environment)
    return [_row(name, config, places) for name in config.account_names]


def _row(name: str, config: Config, places: Vaults) -> dict[str, Any]:
    settings, last = config.settings(name), Runs(config.state, name).last()
    place, locked = password_location(name, places)
    school, url, outputs, zone = settings.school, settings.url, tuple[str, ...](), None
    with suppress(SettingsError):
        named = load_account(name, config)
        school, url, zone = named.school.id or None, named.school.base_url, named.school.zone
        outputs = (*named.outputs, *(one.address for one in named.destinations))
    return {
        "name": name, "school": school, "url": url, "login": settings.login, "password": place,
        "outputs": list(outputs),
        "last_run": {"at": last.at.isoformat(), "exit_code": last.exit_code} if last else None, "locked": locked,
        "zone": zone,
    }  # fmt: skip
