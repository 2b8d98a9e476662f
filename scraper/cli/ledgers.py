"""Which ledger is meant: that of the account named, else the only one there is."""

import os
from typing import TYPE_CHECKING, Unpack
from zoneinfo import ZoneInfo

from scraper.cli.meant import names_meant
from scraper.cli.options import Options
from scraper.errors import LedgerMissing, SettingsError

if TYPE_CHECKING:
    from scraper.ledger import Ledger
    from scraper.settings.model import Settings

PARIS = ZoneInfo("Europe/Paris")


def ledger_meant(account: str | None, **options: Unpack[Options]) -> "Ledger":
    """The ledger of the account named, of the only one, or of whom options and settings tell.

    Raises SettingsError, LedgerMissing.
    """
    from scraper.settings.loading import load_settings

    names = names_meant([account] if account else [], options, every=False)
    return ledger_of(load_settings(options, os.environ, names[0] if names else None))


def ledger_of(settings: "Settings") -> "Ledger":
    """The ledger of these settings' account. Raises SettingsError, LedgerMissing."""
    from scraper.accounts import school_known
    from scraper.ledger import Ledger, ledger_file
    from scraper.settings.file import state_folder

    school = school_known(settings)
    if school and settings.login:
        return Ledger(ledger_file(state_folder(), school.namespace, settings.login), school.zone)
    there = sorted((state_folder() / "ledgers").glob("*.sqlite"))
    if len(there) > 1:
        raise SettingsError("which-account")
    if not there:
        raise LedgerMissing(path=str(state_folder() / "ledgers"))
    return Ledger(there[0], school.zone if school else PARIS)
