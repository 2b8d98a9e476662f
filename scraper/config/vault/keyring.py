"""Store passwords in the system's keyring, if it has a real one.

The library `keyring` is imported only when needed and called only in a daemon thread: D-Bus or a dialog may never
answer, and must block neither the run nor the end of the process.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, ClassVar, NamedTuple, TypeVar

from pydantic import SecretStr

from scraper.errors import VaultLocked
from scraper.system.paths import APP

_Answer = TypeVar("_Answer")

SERVICE = APP
PATIENCE, INTERACTIVE_PATIENCE = 8.0, 20.0
"""Seconds to wait for a keyring's answer; the longer one if a user may be answering its dialog."""
RECOMMENDED = 1
"""The minimum priority of backends that keyring's documentation recommends."""
WEAK = ("keyring.backends.null", "keyring.backends.fail", "keyrings.alt.")
"""Modules of backends that store nothing, or store passwords readable by others."""
NAMES = {
    "SecretService": "Secret Service",
    "libsecret": "Secret Service",
    "kwallet": "KWallet",
    "macOS": "Keychain",
    "Windows": "Windows Credential Manager",
}
LOCKED = frozenset({"KeyringLocked", "InitError", "LockedException", "PromptDismissedException"})
"""Exceptions of keyring and its backends for a keyring that the user has to unlock first."""


class Detected(NamedTuple):
    """The system's keyring (None if it has no real one) and the name of its backend."""

    vault: "SystemKeyring | None"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemKeyring:
    """A vault in the keyring of one backend, a `keyring.backend.KeyringBackend`."""

    kind: ClassVar[str] = "keyring"
    backend: Any = field(repr=False)
    name: str
    patience: float = PATIENCE

    def get(self, account: str) -> SecretStr | None:
        """Return the account's password, or None. Raise VaultLocked: keyring-locked, keyring-hangs, keyring-fails."""
        found = self._call(lambda: self.backend.get_password(SERVICE, account))
        return None if found is None else SecretStr(found)

    def check(self) -> None:
        """Do nothing: a keyring offers no way to check whether it accepts a password."""

    def put(self, account: str, password: SecretStr) -> None:
        """Store the password. Raise the errors of `get`."""
        self._call(lambda: self.backend.set_password(SERVICE, account, password.get_secret_value()))

    def drop(self, account: str) -> None:
        """Delete the password. Raise the errors of `get`."""
        if self.get(account) is not None:
            self._call(lambda: self.backend.delete_password(SERVICE, account))

    def _call(self, call: Callable[[], _Answer]) -> _Answer:
        return call_with_timeout(call, self.name, self.patience)


def system_keyring(patience: float = PATIENCE) -> Detected:
    """Find the system's keyring. Raise VaultLocked("keyring-hangs") if it does not answer."""
    backend = call_with_timeout(_strongest_backend, "", patience)
    if isinstance(backend, str):
        return Detected(None, backend)
    module = type(backend).__module__.removeprefix("keyring.backends.").split(".")[0]
    name = NAMES.get(module, backend.name)
    return Detected(SystemKeyring(backend=backend, name=name, patience=patience), name)


def call_with_timeout(call: Callable[[], _Answer], name: str, patience: float) -> _Answer:
    """Return the result of the call within `patience` seconds.

    Raise VaultLocked, with the type of the keyring's exception but not its message, which may contain a secret.
    """
    answers: SimpleQueue[tuple[_Answer] | str] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put((call(),))
        except BaseException as error:  # noqa: BLE001 - reported in the waiting thread
            answers.put(type(error).__name__)

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except Empty:
        raise VaultLocked("keyring-hangs", backend=name, seconds=round(patience)) from None
    if isinstance(answer, tuple):
        return answer[0]
    raise VaultLocked("keyring-locked" if answer in LOCKED else "keyring-fails", backend=name, detail=answer)


def _strongest_backend() -> Any:  # noqa: ANN401 - a class of the library
    """Return the backend to use (the first one of a chain), or only its name if it is too weak."""
    import keyring  # noqa: PLC0415 - see the module's docstring

    try:
        backend = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - a backend that the user configured cannot be loaded
        return type(error).__name__
    backend = next(iter(getattr(backend, "backends", ())), backend)
    return backend.name if _is_weak(backend) else backend


def _is_weak(backend: Any) -> bool:  # noqa: ANN401 - its priority may be anything
    """Return whether the backend is not safe for passwords."""
    for kind in type(backend).__mro__:
        if f"{kind.__module__}.".startswith(WEAK) or "plaintext" in kind.__name__.lower():
            return True
    try:
        return not type(backend).priority >= RECOMMENDED
    except Exception:  # noqa: BLE001 - keyring raises an error if the backend is not for this system
        return True
