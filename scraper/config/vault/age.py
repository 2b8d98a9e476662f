"""Encrypt the age file with a passphrase or with a key file (age-encryption.org/v1)."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

import pyrage
from pydantic import SecretStr

from scraper.errors import SettingsError, VaultLocked
from scraper.system.files import chmod_hint, write_private

Kind = Literal["passphrase", "key"]
HEADERS: dict[bytes, Kind] = {
    b"age-encryption.org/v1\n-> scrypt ": "passphrase",
    b"age-encryption.org/v1\n-> X25519 ": "key",
}
"""The start of a file, its first recipient stanza (age-encryption.org/v1, "The scrypt recipient type", …)."""
COMMENT = "# The key of vault.age beside it: together they contain the passwords.\n"


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Encryption with a passphrase that the user knows."""

    kind: ClassVar[Kind] = "passphrase"
    secret: SecretStr

    def encrypt(self, plain: bytes) -> bytes:
        """Encrypt; this takes about a second by design, to slow down guessing."""
        sealed: bytes = pyrage.passphrase.encrypt(plain, self.secret.get_secret_value())
        return sealed

    def decrypt(self, sealed: bytes, path: Path) -> bytes:
        """Decrypt; `path` is the file named in errors. Raise VaultLocked: passphrase-wrong, too-slow, damaged."""
        try:
            plain: bytes = pyrage.passphrase.decrypt(sealed, self.secret.get_secret_value())
        except pyrage.DecryptError as error:
            reasons = {"Decryption failed": "passphrase-wrong", "Excessive work": "too-slow"}
            raise VaultLocked(_reason(error, reasons), path=str(path)) from None
        return plain


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Encryption with an age identity in a file that only its user may read; it is created when first needed."""

    kind: ClassVar[Kind] = "key"
    file: Path

    def encrypt(self, plain: bytes) -> bytes:
        """Encrypt. Raise VaultLocked: open-to-others, key-damaged."""
        if not self.file.exists():
            identity = pyrage.x25519.Identity.generate()
            write_private(self.file, f"{COMMENT}{identity}\n".encode())
        sealed: bytes = pyrage.encrypt(plain, [self._identity().to_public()])
        return sealed

    def decrypt(self, sealed: bytes, path: Path) -> bytes:
        """Decrypt. Raise VaultLocked: key-missing, key-damaged, key-wrong, open-to-others, damaged."""
        if not self.file.exists():
            raise VaultLocked("key-missing", path=str(path), key=str(self.file))
        try:
            plain: bytes = pyrage.decrypt(sealed, [self._identity()])
        except pyrage.DecryptError as error:
            reason = _reason(error, {"No matching keys": "key-wrong"})
            raise VaultLocked(reason, path=str(path), key=str(self.file)) from None
        return plain

    def _identity(self) -> pyrage.x25519.Identity:
        if command := chmod_hint(self.file):
            raise VaultLocked("open-to-others", path=str(self.file), command=command)
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines()
        key = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
        try:
            return pyrage.x25519.Identity.from_str(key)
        except pyrage.IdentityError:
            raise VaultLocked("key-damaged", key=str(self.file)) from None


AgeEncryption: TypeAlias = Passphrase | KeyFile


def seal_with(passphrase: SecretStr, plain: bytes) -> bytes:
    """Return the text of an age file for another computer, encrypted with the passphrase."""
    sealed: bytes = pyrage.passphrase.encrypt(plain, passphrase.get_secret_value(), armored=True)
    return sealed


def open_sealed(sealed: bytes, passphrase: SecretStr) -> bytes:
    """Decrypt such a file. Raise SettingsError: "backup-passphrase", "backup-too-slow", "backup-damaged"."""
    try:
        plain: bytes = pyrage.passphrase.decrypt(sealed, passphrase.get_secret_value())
    except pyrage.DecryptError as error:
        reasons = {"Decryption failed": "backup-passphrase", "Excessive work": "backup-too-slow"}
        raise SettingsError(_reason(error, reasons, "backup-damaged")) from None
    return plain


def encryption_kind(sealed: bytes) -> Kind | None:
    """Return the kind of secret that decrypts these bytes, by their header; None if it is unknown."""
    return next((kind for start, kind in HEADERS.items() if sealed.startswith(start)), None)


def _reason(error: Exception, reasons: dict[str, str], unknown: str = "damaged") -> str:
    """Return the reason for pyrage's error, by the start of its message; `unknown` for any other."""
    return next((reason for start, reason in reasons.items() if str(error).startswith(start)), unknown)
