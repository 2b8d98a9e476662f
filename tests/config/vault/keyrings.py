"""Backends of keyring, good and bad, as a system may have them."""

import threading
from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class Good(KeyringBackend):
    """One that keeps what it is given."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """What was kept."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Kept."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """As keyring's own: an error where there is none."""
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class PlaintextKeyring(Good):
    """By its name one that writes plain text, whatever priority it claims."""


class Feeble(Good):
    """One that keyring does not recommend."""

    priority = 0.5


class Unfit(Good):
    """One that is not for this system."""

    @property
    def priority(self) -> float:
        """Never reported."""
        raise RuntimeError


class Locked(Good):
    """One that a person would have to unlock."""

    def get_password(self, service: str, username: str) -> str | None:
        """Refused."""
        raise KeyringLocked(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refused, in words that hold the password."""
        raise KeyringLocked(service, username, password)


class Failing(Good):
    """One that breaks, and says the password in doing so."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Broken."""
        raise OSError(service, username, password)


class Forgetful(Good):
    """One that takes a password and has none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Lost."""


class Hanging(Good):
    """One that never answers."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - keyring's own
        """Waits for ever."""
        threading.Event().wait()
        return None


class WeakFirst(ChainerBackend):
    """A chain that would write plain text before anything else."""

    backends: ClassVar[list[KeyringBackend]] = [PlaintextKeyring(), Good()]


class GoodFirst(ChainerBackend):
    """A chain that begins with a real one."""

    backends: ClassVar[list[KeyringBackend]] = [Good(), PlaintextKeyring()]
