"""Passwords in the system's own keyring, where it has a real one.

The library `keyring` is imported only when it is needed, and only ever called in a thread of its own: what it asks
(D-Bus, a dialog) may never answer, and must keep neither the run nor the end of the process.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

from pydantic import SecretStr

from scraper.errors import VaultLocked

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Answer = TypeVar("Answer")

SERVICE = "aurion-planning"
PATIENCE, WITH_A_PERSON = 8.0, 20.0
"""Seconds that a keyring has for an answer; longer where a person may be answering its window."""
RECOMMENDED = 1
"""The priority from which keyring's own documentation recommends a backend."""
WEAK = ("keyring.backends.null", "keyring.backends.fail", "keyrings.alt.")
"""Modules whose backends keep nothing, or keep it where others can read it."""
NAMES = {
    "SecretService": "Secret Service",
    "libsecret": "Secret Service",
    "kwallet": "KWallet",
    "macOS": "Keychain",
    "Windows": "Windows Credential Manager",
}
LOCKED = frozenset({"KeyringLocked", "InitError", "LockedException", "PromptDismissedException"})
"""Exceptions of keyring and of what is below it that mean: a person has to unlock it first."""


class Detected(NamedTuple):
    """The system's keyring, None where it has no real one; and what its backend is called."""

    vault: "SystemKeyring | None"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemKeyring:
    """The keyring behind one backend."""

    kind: ClassVar[str] = "keyring"
    backend: "KeyringBackend" = field(repr=False)
    name: str
    patience: float = PATIENCE

    def get(self, account: str) -> SecretStr | None:
        """The account's password. Raises VaultLocked: keyring-locked, keyring-hangs, keyring-fails."""
        found = self._asked(lambda: self.backend.get_password(SERVICE, account))
        return None if found is None else SecretStr(found)

    def check(self) -> None:
        """Do nothing: it was asked when it was chosen, and whether it takes a password shows only then."""

    def put(self, account: str, password: SecretStr) -> None:
        """Keeps it. Raises VaultLocked likewise."""
        self._asked(lambda: self.backend.set_password(SERVICE, account, password.get_secret_value()))

    def drop(self, account: str) -> None:
        """Forgets it. Raises VaultLocked likewise."""
        if self.get(account) is not None:
            self._asked(lambda: self.backend.delete_password(SERVICE, account))

    def _asked(self, call: Callable[[], Answer]) -> Answer:
        return answered(call, self.name, self.patience)


def system_keyring(patience: float = PATIENCE) -> Detected:
    """The keyring that this system has. Raises VaultLocked("keyring-hangs") where finding out takes for ever."""
    backend = answered(_strongest, "", patience)
    if isinstance(backend, str):
        return Detected(None, backend)
    module = type(backend).__module__.removeprefix("keyring.backends.").split(".")[0]
    name = NAMES.get(module, backend.name)
    return Detected(SystemKeyring(backend=backend, name=name, patience=patience), name)


def answered(call: Callable[[], Answer], name: str, patience: float) -> Answer:
    """What the call gives, within so many seconds. Raises VaultLocked; nothing of the keyring's own words is in it."""
    answers: SimpleQueue[tuple[Answer] | str] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put((call(),))
        except BaseException as error:  # noqa: BLE001 - it is told in the thread that waits
            answers.put(type(error).__name__)

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except Empty:
        raise VaultLocked("keyring-hangs", backend=name, seconds=round(patience)) from None
    if isinstance(answer, tuple):
        return answer[0]
    raise VaultLocked("keyring-locked" if answer in LOCKED else "keyring-fails", backend=name, said=answer)


def _strongest() -> "KeyringBackend | str":
    """The backend to use, of a chain the first; the name of the one that is there where it is too weak."""
    import keyring  # noqa: PLC0415 - only where a password is kept
    from keyring.backends.chainer import ChainerBackend  # noqa: PLC0415 - likewise

    try:
        backend = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - a backend that the user names, and that cannot be loaded
        return type(error).__name__
    if isinstance(backend, ChainerBackend):
        backend = next(iter(backend.backends), backend)
    return backend.name if _is_weak(backend) else backend


def _is_weak(backend: "KeyringBackend") -> bool:
    """Whether it is none to trust a password to."""
    for kind in type(backend).__mro__:
        if f"{kind.__module__}.".startswith(WEAK) or "plaintext" in kind.__name__.lower():
            return True
    try:
        return not type(backend).priority >= RECOMMENDED
    except Exception:  # noqa: BLE001 - so keyring says that it is not for this system
        return True
