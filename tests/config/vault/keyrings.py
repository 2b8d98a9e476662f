"""Backends of the library keyring, good and bad."""

import threading
from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class Good(KeyringBackend):
    """A keyring that stores passwords."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Return the stored password."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store the password."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Delete the password; raise an error if there is none, as keyring does."""
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class PlaintextKeyring(Good):
    """A keyring of plain text by its name, whatever its priority."""


class Feeble(Good):
    """A keyring that the library does not recommend."""

    priority = 0.5


class Unfit(Good):
    """A keyring for another system."""

    @property
    def priority(self) -> float:
        """Raise an error."""
        raise RuntimeError


class Locked(Good):
    """A keyring that its user has to unlock."""

    def get_password(self, service: str, username: str) -> str | None:
        """Refuse the request."""
        raise KeyringLocked(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refuse the request; the exception contains the password."""
        raise KeyringLocked(service, username, password)


class Failing(Good):
    """A keyring that fails with an exception that contains the password."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Fail."""
        raise OSError(service, username, password)


class Forgetful(Good):
    """A keyring that stores nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Do nothing."""


class Hanging(Good):
    """A keyring that never answers; `asked` counts the requests."""

    asked = 0

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - keyring's own
        """Wait for ever."""
        self.asked += 1
        threading.Event().wait()
        return None


class WeakFirst(ChainerBackend):
    """A chain that begins with a keyring of plain text."""

    backends: ClassVar[list[KeyringBackend]] = [PlaintextKeyring(), Good()]


class GoodFirst(ChainerBackend):
    """A chain that begins with a good keyring."""

    backends: ClassVar[list[KeyringBackend]] = [Good(), PlaintextKeyring()]
