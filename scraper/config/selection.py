"""Select the accounts of a command: the named ones, or else the one implied by options, variables and settings."""

from collections.abc import Sequence

from scraper.config.configuration import Config
from scraper.config.settings.model import IDENTITY
from scraper.errors import SettingsError


def select_accounts(names: Sequence[str], config: Config, *, every: bool = False, takes_one: bool = False) -> list[str]:
    """Return the selected accounts of the settings file, each once.

    Return an empty list if options or variables specify a school or login, or if the file has no accounts. Raise
    SettingsError: "no-account", or if several accounts are possible, "which-export", and "which-one" for a command that
    takes only one.
    """
    known = config.account_names
    if every:
        if not known:
            raise SettingsError("no-account")
        return list(dict.fromkeys((*names, *known)))
    if names:
        return list(dict.fromkeys(names))
    direct = config.settings_without_file()
    if not known or any(getattr(direct, name) for name in IDENTITY):
        return []
    if len(known) > 1 and not config.settings().login:
        raise SettingsError("which-one" if takes_one else "which-export", near=known)
    return list(known) if len(known) == 1 else []
