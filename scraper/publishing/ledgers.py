"""Find and open the ledger of an account."""

from collections.abc import Mapping
from pathlib import Path

from scraper.config.accounts import find_school
from scraper.config.portal_account import Account
from scraper.config.selection import select_accounts
from scraper.config.settings.loading import account_names, load_settings
from scraper.config.settings.model import Settings
from scraper.domain.demo_student import LOGIN, NAMESPACE
from scraper.errors import LedgerMissing, SettingsError
from scraper.publishing.ledger.ledger_file import LedgerFile, ledger_file
from scraper.publishing.local_times import PARIS
from scraper.system.paths import state_folder


def ledger_of_account(account: Account) -> LedgerFile:
    """Return the ledger of the account."""
    return LedgerFile(
        ledger_file(account.state, account.school.namespace, account.credentials.login), account.school.zone
    )


def open_ledger(account: str | None, options: Mapping[str, object], environment: Mapping[str, str]) -> LedgerFile:
    """Return the ledger of the named account, of the only account, or of the login in options and settings.

    Raise SettingsError or LedgerMissing.
    """
    names = select_accounts([account] if account else [], options, environment)
    return ledger_of_settings(load_settings(options, environment, names[0] if names else None))


def ledger_of_settings(settings: "Settings") -> LedgerFile:
    """Return the ledger of the settings' account; without school and login, the only ledger in the state folder.

    The demo portal's ledger counts only where there is no other. Raise SettingsError("which-account") where several
    ledgers exist, LedgerMissing where none does.
    """
    school = find_school(settings)
    if school and settings.login:
        file = ledger_file(state_folder(), school.namespace, settings.login)
        if not file.exists() and (demo := _demo_file(settings.login)):
            file = demo
        return LedgerFile(file, school.zone)
    files = _ledger_files()
    demo = _demo_file()
    others = [file for file in files if file != demo] or files
    if len(others) > 1:
        raise SettingsError("which-account")
    return LedgerFile(others[0], school.zone if school else PARIS)


def require_history() -> None:
    """Raise LedgerMissing where there are no accounts and nothing was ever exported; raise SettingsError."""
    if not account_names():
        _ledger_files()


def _ledger_files() -> list[Path]:
    """Return all ledger files. Raise LedgerMissing where there are none."""
    folder = state_folder() / "ledgers"
    if not (files := sorted(folder.glob("*.sqlite"))):
        raise LedgerMissing(path=str(folder))
    return files


def _demo_file(login: str | None = None) -> Path | None:
    """Return the demo portal's ledger; None where there is none, or `login` is given and not the demo's."""
    file = ledger_file(state_folder(), NAMESPACE, LOGIN)
    return file if login in {None, LOGIN} and file.exists() else None
