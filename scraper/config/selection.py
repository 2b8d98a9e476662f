"""Which accounts, which job and which ledger are meant: by name, else what options, variables and settings tell of."""

from collections.abc import Mapping, Sequence

from scraper.errors import SettingsError


def select_accounts(
    names: Sequence[str], given: Mapping[str, object], environment: Mapping[str, str], *, every: bool = False
) -> list[str]:
    """The accounts of the settings that are meant, each once; none where options, variables or settings tell of one.

    Raises SettingsError: "no-account", "which-export" where it could be any.
    """
    from scraper.config.settings.loading import account_names, load_settings, without_file  # noqa: PLC0415 - a browser starts
    from scraper.config.settings.model import IDENTITY  # noqa: PLC0415 - meanwhile

    known = account_names()
    if every:
        if not known:
            raise SettingsError("no-account")
        return list(dict.fromkeys((*names, *known)))
    if names:
        return list(dict.fromkeys(names))
    said = without_file(given, environment)
    if not known or any(getattr(said, name) for name in IDENTITY):
        return []
    if len(known) > 1 and not load_settings(given, environment).login:
        raise SettingsError("which-export", near=known)
    return list(known) if len(known) == 1 else []
