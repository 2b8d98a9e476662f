"""The first login of an account: it shows whether the password is worth keeping."""

from pydantic import SecretStr

from scraper.account import Account
from scraper.accounts import keep_password
from scraper.errors import AurionError, LoginRefused
from scraper.export import log_in
from scraper.portal.browser import Chromium
from scraper.progress import Progress
from scraper.vault import Vault


def try_login(account: Account, name: str, vault: Vault, progress: Progress, chromium: Chromium) -> None:
    """Logs in once: the session is kept for the export, and the password in the vault unless the portal refuses it.

    Raises AurionError.
    """
    vault.check()
    password = SecretStr(account.credentials.password)
    try:
        log_in(account, progress, chromium)
    except LoginRefused:
        raise
    except AurionError:
        keep_password(name, password, vault)
        raise
    keep_password(name, password, vault)
