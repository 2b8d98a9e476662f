"""How the age file is sealed: with a passphrase, or with a key in a file of its own (age-encryption.org/v1).

pyrage is imported only when something is sealed or opened.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from pydantic import SecretStr

from scraper.errors import VaultLocked
from scraper.system.files import chmod_hint, write_private

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

Kind = Literal["passphrase", "key"]
HEADERS: dict[bytes, Kind] = {
    b"age-encryption.org/v1\n-> scrypt ": "passphrase",
    b"age-encryption.org/v1\n-> X25519 ": "key",
}
"""How a file begins: the format's first recipient stanza (age-encryption.org/v1, "The scrypt recipient type", …)."""
COMMENT = "# The key of vault.age beside it: whoever has both has the passwords.\n"


class AgeEncryption(Protocol):
    """One way to seal bytes and to open them again."""

    @property
    def kind(self) -> Kind:
        """What opens it."""

    def close(self, plain: bytes) -> bytes:
        """The sealed bytes. Raises VaultLocked, OSError."""

    def open(self, sealed: bytes, path: Path) -> bytes:
        """The plain bytes; `path` is whose they are. Raises VaultLocked, OSError."""


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A secret that a person knows."""

    kind: ClassVar[Kind] = "passphrase"
    secret: SecretStr

    def close(self, plain: bytes) -> bytes:
        """Sealed; it takes about a second on purpose."""
        from pyrage import passphrase  # noqa: PLC0415 - only where something is sealed

        sealed: bytes = passphrase.encrypt(plain, self.secret.get_secret_value())
        return sealed

    def open(self, sealed: bytes, path: Path) -> bytes:
        """Opened. Raises VaultLocked: passphrase-wrong, too-slow, damaged."""
        from pyrage import DecryptError, passphrase  # noqa: PLC0415 - likewise

        try:
            plain: bytes = passphrase.decrypt(sealed, self.secret.get_secret_value())
        except DecryptError as error:
            reasons = {"Decryption failed": "passphrase-wrong", "Excessive work": "too-slow"}
            raise VaultLocked(_reason(error, reasons), path=str(path)) from None
        return plain


@dataclass(frozen=True, slots=True)
class KeyFile:
    """An age identity in a file that its user alone may read; made when it is first needed."""

    kind: ClassVar[Kind] = "key"
    file: Path

    def close(self, plain: bytes) -> bytes:
        """Sealed. Raises VaultLocked: open-to-others, key-damaged."""
        import pyrage  # noqa: PLC0415 - only where something is sealed

        if not self.file.exists():
            made = pyrage.x25519.Identity.generate()
            write_private(self.file, f"{COMMENT}{made}\n".encode())
        sealed: bytes = pyrage.encrypt(plain, [self._identity().to_public()])
        return sealed

    def open(self, sealed: bytes, path: Path) -> bytes:
        """Opened. Raises VaultLocked: key-missing, key-damaged, key-wrong, open-to-others, damaged."""
        import pyrage  # noqa: PLC0415 - likewise

        if not self.file.exists():
            raise VaultLocked("key-missing", path=str(path), key=str(self.file))
        try:
            plain: bytes = pyrage.decrypt(sealed, [self._identity()])
        except pyrage.DecryptError as error:
            reason = _reason(error, {"No matching keys": "key-wrong"})
            raise VaultLocked(reason, path=str(path), key=str(self.file)) from None
        return plain

    def _identity(self) -> "Identity":
        from pyrage import IdentityError, x25519  # noqa: PLC0415 - likewise

        if command := chmod_hint(self.file):
            raise VaultLocked("open-to-others", path=str(self.file), command=command)
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        key = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
        try:
            return x25519.Identity.from_str(key)
        except IdentityError:
            raise VaultLocked("key-damaged", key=str(self.file)) from None


def kind_of(sealed: bytes) -> Kind | None:
    """What opens these bytes, by how they begin; None where nothing of ours does."""
    return next((kind for start, kind in HEADERS.items() if sealed.startswith(start)), None)


def _reason(error: Exception, reasons: dict[str, str]) -> str:
    """Why it does not open, by how pyrage's message begins; else it is damaged."""
    return next((reason for start, reason in reasons.items() if str(error).startswith(start)), "damaged")
