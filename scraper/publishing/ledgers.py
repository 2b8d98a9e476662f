"""Find and open the ledger of an account."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scraper.config.account import Account
from scraper.config.selection import select_accounts
from scraper.errors import LedgerMissing, SettingsError
from scraper.publishing.times import PARIS
from scraper.system.paths import state_folder

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings
    from scraper.publishing.ledger.ledger import Ledger


def ledger_of_account(account: Account) -> "Ledger":
    """What is remembered of this account's planning."""
    from scraper.publishing.ledger.ledger import Ledger, ledger_file  # noqa: PLC0415 - SQLAlchemy is slow to import

    return Ledger(ledger_file(account.state, account.school.namespace, account.credentials.login), account.school.zone)


def open_ledger(account: str | None, options: Mapping[str, object], environment: Mapping[str, str]) -> "Ledger":
    """The ledger of the account named, of the only one, or of whom options and settings tell.

    Raises SettingsError, LedgerMissing.
    """
    from scraper.config.settings.loading import load_settings  # noqa: PLC0415 - likewise

    names = select_accounts([account] if account else [], options, environment)
    return ledger_of_settings(load_settings(options, environment, names[0] if names else None))


def ledger_of_settings(settings: "Settings") -> "Ledger":
    """The ledger of these settings' account. Raises SettingsError, LedgerMissing."""
    from scraper.config.accounts import find_school  # noqa: PLC0415 - likewise
    from scraper.publishing.ledger.ledger import Ledger, ledger_file  # noqa: PLC0415 - likewise

    school = find_school(settings)
    if school and settings.login:
        file = ledger_file(state_folder(), school.namespace, settings.login)
        if not file.exists() and (demo := _demo_file(settings.login)):
            file = demo
        return Ledger(file, school.zone)
    there = _ledger_files()
    demo = _demo_file()
    others = [file for file in there if file != demo] or there
    if len(others) > 1:
        raise SettingsError("which-account")
    return Ledger(others[0], school.zone if school else PARIS)


def require_history() -> None:
    """Raises LedgerMissing where nothing was ever exported and there are no accounts, SettingsError."""
    from scraper.config.settings.loading import account_names  # noqa: PLC0415 - likewise

    if not account_names():
        _ledger_files()


def _ledger_files() -> list[Path]:
    """All ledgers there are. Raises LedgerMissing."""
    folder = state_folder() / "ledgers"
    if not (there := sorted(folder.glob("*.sqlite"))):
        raise LedgerMissing(path=str(folder))
    return there


def _demo_file(login: str | None = None) -> Path | None:
    """The demo portal's ledger, where there is one and the login, if given, is the demo's."""
    from scraper.demo import LOGIN, NAMESPACE  # noqa: PLC0415 - likewise
    from scraper.publishing.ledger.ledger import ledger_file  # noqa: PLC0415 - likewise

    file = ledger_file(state_folder(), NAMESPACE, LOGIN)
    return file if login in {None, LOGIN} and file.exists() else None
