"""The interface of password stores."""

from typing import Protocol

from pydantic import SecretStr


class Vault(Protocol):
    """A store of passwords by account name. Every method raises VaultLocked if the store cannot be opened."""

    @property
    def kind(self) -> str:
        """The kind of store: `keyring` or `age file`."""

    def get(self, account: str) -> SecretStr | None:
        """Return the account's password, None if none is stored."""

    def check(self) -> None:
        """Raise the error that storing a password would cause; change nothing."""

    def put(self, account: str, password: SecretStr) -> None:
        """Store the password; replace an earlier one."""

    def drop(self, account: str) -> None:
        """Delete the password; do nothing if there is none."""


class Ask(Protocol):
    """A prompt for the age file's passphrase; for a new one it asks twice."""

    def __call__(self, *, new: bool) -> SecretStr:
        """Return the typed passphrase."""
