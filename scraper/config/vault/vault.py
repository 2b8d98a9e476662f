"""What every place for passwords can do."""

from typing import Protocol

from pydantic import SecretStr


class Vault(Protocol):
    """Passwords by the names of their accounts. Everything raises VaultLocked where the place cannot be opened."""

    @property
    def kind(self) -> str:
        """`keyring` or `age file`."""

    def get(self, account: str) -> SecretStr | None:
        """The account's password; None where none is kept."""

    def check(self) -> None:
        """Raise now what would keep a password from being put there; change nothing."""

    def put(self, account: str, password: SecretStr) -> None:
        """Keeps it, in the place of the one before."""

    def drop(self, account: str) -> None:
        """Forgets it; no error where there is none."""


class Ask(Protocol):
    """Asks a person for the age file's passphrase; for a new one, twice."""

    def __call__(self, *, new: bool) -> SecretStr:
        """What was typed."""
