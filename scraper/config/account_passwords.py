"""The password of an account: where it is, and how a new one is stored."""

from pathlib import Path

from pydantic import SecretStr

from scraper.config.vault.vault import Vault
from scraper.config.vault.vaults import Vaults
from scraper.errors import VaultLocked
from scraper.system.run_history import Runs


def store_password(name: str, password: SecretStr, vault: Vault, state: Path) -> None:
    """Store the password and allow the next run to log in again after a refused password.

    Raise VaultLocked, DeliveryError or AnotherRun.
    """
    vault.put(name, password)
    Runs(state, name).unblock()


def password_location(name: str, vaults: Vaults) -> tuple[str, bool]:
    """Return where the account's password is (`keyring`, `age file` or `absent`) and whether that vault is locked.

    A locked vault is assumed to contain it.
    """
    try:
        found = vaults.find(name)
    except VaultLocked as error:
        return ("keyring" if error.reason.startswith("keyring") else vaults.age.kind), True
    return (found[0] if found else "absent"), False
