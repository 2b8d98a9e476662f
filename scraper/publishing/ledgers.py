"""Find and open the ledger of an account."""

from pathlib import Path

from scraper.config.accounts import find_school
from scraper.config.configuration import Config
from scraper.config.portal_account import Account
from scraper.config.selection import select_accounts
from scraper.config.settings.model import Settings
from scraper.domain.demo_student import LOGIN, NAMESPACE
from scraper.errors import LedgerMissing, SettingsError
from scraper.publishing.ledger.ledger_file import LedgerFile, ledger_file
from scraper.publishing.local_times import PARIS


def ledger_of_account(account: Account) -> LedgerFile:
    """Return the ledger of the account."""
    return LedgerFile(
        ledger_file(account.state, account.school.namespace, account.credentials.login), account.school.zone
    )


def open_ledger(account: str | None, config: Config) -> LedgerFile:
    """Return the ledger of the named account, of the only account, or of the login in options and settings.

    Raise SettingsError or LedgerMissing.
    """
    names = select_accounts([account] if account else [], config, takes_one=True)
    return ledger_of_settings(config.settings(names[0] if names else None), config.state)


def ledger_of_settings(settings: Settings, state: Path) -> LedgerFile:
    """Return the ledger of the settings' account; without school and login, the only ledger in the state folder.

    The demo portal's ledger counts only where there is no other. Raise SettingsError("which-account") where several
    ledgers exist, LedgerMissing where none does.
    """
    school = find_school(settings)
    if school and settings.login:
        file = ledger_file(state, school.namespace, settings.login)
        if not file.exists() and (demo := _demo_file(state, settings.login)):
            file = demo
        return LedgerFile(file, school.zone)
    files = _ledger_files(state)
    demo = _demo_file(state)
    others = [file for file in files if file != demo] or files
    if len(others) > 1:
        raise SettingsError("which-account")
    return LedgerFile(others[0], school.zone if school else PARIS)


def require_history(config: Config) -> None:
    """Raise LedgerMissing where there are no accounts and nothing was ever exported; raise SettingsError."""
    if not config.account_names:
        _ledger_files(config.state)


def _ledger_files(state: Path) -> list[Path]:
    """Return all ledger files. Raise LedgerMissing where there are none."""
    folder = state / "ledgers"
    if not (files := sorted(folder.glob("*.sqlite"))):
        raise LedgerMissing(path=str(folder))
    return files


def _demo_file(state: Path, login: str | None = None) -> Path | None:
    """Return the demo portal's ledger; None where there is none, or `login` is given and not the demo's."""
    file = ledger_file(state, NAMESPACE, LOGIN)
    return file if login in {None, LOGIN} and file.exists() else None
