"""Where the accounts' passwords are: in the system's keyring, else in a file encrypted with age."""

from scraper.vault.choice import Choice, Vaults, vaults
from scraper.vault.vault import Ask, Vault

__all__ = ["Ask", "Choice", "Vault", "Vaults", "vaults"]
