"""The accounts of the settings as a list shows them: whose, where the password is, where calendars go, the last run."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from scraper.config.accounts import account_named, password_location
from scraper.config.settings.loading import account_names, load_settings
from scraper.config.vault import Vaults, vaults
from scraper.errors import SettingsError
from scraper.system.paths import state_folder
from scraper.system.run_history import Runs


def accounts_listed(environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each as the contract's object, in the file's order; `locked` is its password's place, `zone` its school's.

    Of one whose school is not known it has what the settings say. Raises SettingsError.
    """
    places = vaults()
    return [_row(name, environment, places) for name in account_names()]


def _row(name: str, environment: Mapping[str, str], places: Vaults) -> dict[str, Any]:
    settings, last = load_settings({}, environment, name), Runs(state_folder(), name).last()
    place, locked = password_location(name, places)
    school, url, outputs, zone = settings.school, settings.url, tuple[str, ...](), None
    with suppress(SettingsError):
        named = account_named(name, environment)
        school, url, zone = named.school.id or None, named.school.base_url, named.school.zone
        outputs = (*named.outputs, *(one.caldav for one in named.collections))
    return {
        "name": name, "school": school, "url": url, "login": settings.login, "password": place,
        "outputs": list(outputs),
        "last_run": {"at": last.at.isoformat(), "exit_code": last.exit_code} if last else None, "locked": locked,
        "zone": zone,
    }  # fmt: skip
