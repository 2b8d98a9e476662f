"""Storage of passwords in the system's keyring or in a file encrypted with age."""

from scraper.config.vault.vault import Ask, Vault
from scraper.config.vault.vaults import VaultChoice, Vaults, vaults

__all__ = ["Ask", "Vault", "VaultChoice", "Vaults", "vaults"]
