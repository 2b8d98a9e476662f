"""The first login of an account, which tests its password."""

from pydantic import SecretStr

from scraper.config.accounts import store_password
from scraper.config.portal_account import Account
from scraper.config.vault import Vault
from scraper.domain.progress import Progress
from scraper.errors import AurionError, LoginRefused
from scraper.export import log_in
from scraper.portal.browser import Chromium


def try_login(account: Account, name: str, vault: Vault, progress: Progress, chromium: Chromium) -> None:
    """Log in once and save the session for the export; store the password unless the portal refuses it.

    Raise AurionError.
    """
    vault.check()
    password = SecretStr(account.credentials.password)
    try:
        log_in(account, progress, chromium)
    except LoginRefused:
        raise
    except AurionError:
        store_password(name, password, vault)
        raise
    store_password(name, password, vault)
