"""Add a file to an account's calendars, or remove a calendar."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scraper.config.accounts import refuse_shared
from scraper.config.configuration import Config
from scraper.config.default_output import default_output
from scraper.config.settings.edit import change_outputs
from scraper.config.settings.validation import real_path
from scraper.errors import SettingsError
from scraper.publishing.output_file import check_output


def own_outputs(account: str, config: Config) -> list[dict[str, Any]]:
    """Return the account's outputs as `[[outputs]]` tables: its own, else the general ones, else its single file."""
    settings, file = config.stored.settings(account), config.file
    if settings.output is not None or not settings.outputs:
        return [{"path": settings.output or str(default_output(config.default_file(account)))}]
    return list(file.accounts.get(account, {}).get("outputs") or file.general.get("outputs", ()))


def add_file(account: str, path: str, options: Mapping[str, str], config: Config) -> str:
    """Add a calendar file with these keys of `[[outputs]]`, such as `name` and `for`; return its path.

    Raise SettingsError ("output-twice", "account-file" where another calendar is written there) or DeliveryError.
    """
    checked = check_output(path, Path.home())
    refuse_shared(account, checked, config)
    before = own_outputs(account, config)
    if any(real_path(str(one["path"])) == real_path(checked) for one in before if one.get("path")):
        raise SettingsError("output-twice", given=checked)
    change_outputs(account, lambda own: [*(own or before), {"path": checked, **options}])
    return checked


def remove_output(account: str, index: int, config: Config) -> None:
    """Remove one of the account's calendars; the file stays. Raise SettingsError("last-output") for the only one."""
    before = own_outputs(account, config)
    if not 0 <= index < len(before):
        return
    if len(before) == 1:
        raise SettingsError("last-output")
    change_outputs(account, lambda own: [one for at, one in enumerate(own or before) if at != index])
