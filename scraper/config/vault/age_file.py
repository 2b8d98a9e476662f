"""Store passwords in one file encrypted with age, if there is no real keyring or a timer must read them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from filelock import Timeout
from pydantic import SecretStr

from scraper.config.vault.age import AgeEncryption, KeyFile, Kind, Passphrase, encryption_kind
from scraper.config.vault.vault import Ask
from scraper.errors import VaultLocked
from scraper.system.files import check_writable, chmod_hint, private_folder, write_private
from scraper.system.locks import private_lock

PATIENCE = 15
"""Seconds that a run waits for another one that is writing."""


class AgeFile:
    """`vault.age` in a folder that only its user may enter: the passwords of all accounts in one JSON object.

    Without `passphrase`, `ask` is called once. `seal` is the kind of encryption from the next change on; by default an
    existing file keeps its kind, and a new one gets a passphrase if one was given, else a key file.
    """

    kind: ClassVar[str] = "age file"

    def __init__(
        self, folder: Path, *, ask: Ask | None = None, passphrase: SecretStr | None = None, seal: Kind | None = None
    ) -> None:
        self.path = folder / "vault.age"
        self._key = KeyFile(folder / "vault.key")
        self._ask = ask
        self._passphrase = Passphrase(passphrase) if passphrase else None
        self._new_kind = seal
        self._cache: tuple[bytes, dict[str, str]] | None = None  # decryption with a passphrase takes a second

    def __repr__(self) -> str:
        return f"AgeFile({str(self.path)!r})"

    @property
    def exists(self) -> bool:
        """Return whether the file exists. Raise VaultLocked if the folder is not readable."""
        with _translate_errors(self.path):
            return self.path.exists()

    @property
    def sealed_with(self) -> Kind:
        """The kind of encryption of the file, or of the one to be created. Raise VaultLocked: damaged, os."""
        with _translate_errors(self.path):
            sealed = self._read_sealed()
        return self._kind(sealed)

    def get(self, account: str) -> SecretStr | None:
        """Return the account's password, or None. Raise VaultLocked."""
        if not self.exists:
            return None
        with _translate_errors(self.path):
            found = self._read().get(account)
        return None if found is None else SecretStr(found)

    def check(self) -> None:
        """Raise VaultLocked if a password could not be stored; only the folder is created."""
        with _translate_errors(self.path):
            self._prepare_folder()
            sealed = self._read_sealed()
            self._seal(self._new_kind or self._kind(sealed), new=self._new_kind != encryption_kind(sealed))
            self._read()
            check_writable(self.path)

    def put(self, account: str, password: SecretStr) -> None:
        """Store the password; the file is replaced atomically. Raise VaultLocked."""
        with self._change_passwords() as passwords:
            passwords[account] = password.get_secret_value()

    def drop(self, account: str) -> None:
        """Delete the password. Raise VaultLocked."""
        if self.exists:
            with self._change_passwords() as passwords:
                passwords.pop(account, None)

    @contextmanager
    def _change_passwords(self) -> Iterator[dict[str, str]]:
        """Yield all passwords for changes, under a lock; write the file if they changed."""
        with _translate_errors(self.path):
            self._prepare_folder()
            sealed = self._read_sealed()
            if sealed:
                self._seal(self._kind(sealed))  # prompt before taking the lock, so that other runs do not wait
            self._seal(self._new_kind or self._kind(sealed), new=self._new_kind != encryption_kind(sealed))
            with private_lock(self.path.with_suffix(".lock"), PATIENCE):
                passwords = self._read()
                # Another run may have changed the kind.
                seal = self._seal(self._new_kind or self._kind(self._read_sealed()))
                before = dict(passwords)
                yield passwords
                if passwords != before or seal.kind != encryption_kind(self._read_sealed()):
                    write_private(self.path, seal.encrypt(json.dumps(passwords).encode()))

    def _read(self) -> dict[str, str]:
        sealed = self._read_sealed()
        if not sealed:
            return {}
        for path in (self.path.parent, self.path):
            _refuse_open(path)
        try:
            if self._cache is None or self._cache[0] != sealed:
                plain = self._seal(self._kind(sealed)).decrypt(sealed, self.path)
                self._cache = sealed, _passwords(plain, self.path)
            return dict(self._cache[1])
        except VaultLocked:
            self._passphrase = None
            raise

    def _read_sealed(self) -> bytes:
        """Return the file's encrypted content, empty if there is no file."""
        try:
            sealed = self.path.read_bytes()
        except FileNotFoundError:
            return b""
        if encryption_kind(sealed) is None:
            raise VaultLocked("damaged", path=str(self.path))
        return sealed

    def _kind(self, sealed: bytes) -> Kind:
        return encryption_kind(sealed) or self._new_kind or ("passphrase" if self._passphrase else "key")

    def _seal(self, kind: Kind, *, new: bool = False) -> AgeEncryption:
        if kind == "key":
            return self._key
        if self._passphrase is None:
            typed = self._ask(new=new) if self._ask else None
            if not (typed and typed.get_secret_value()):
                raise VaultLocked("passphrase-missing", path=str(self.path))
            self._passphrase = Passphrase(typed)
        return self._passphrase

    def _prepare_folder(self) -> None:
        folder = self.path.parent
        if not folder.exists():
            private_folder(folder)
        _refuse_open(folder.parent, reading=False)
        _refuse_open(folder)


def _refuse_open(path: Path, *, reading: bool = True) -> None:
    if command := chmod_hint(path, reading=reading):
        raise VaultLocked("open-to-others", path=str(path), command=command)


def _passwords(plain: bytes, path: Path) -> dict[str, str]:
    """Return the passwords in the decrypted bytes. Raise VaultLocked("damaged") if the format is unknown."""
    try:
        found = json.loads(plain)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(password, str) for password in found.values()):
        raise VaultLocked("damaged", path=str(path))
    return found


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    """Raise VaultLocked for errors of the system or the lock."""
    try:
        yield
    except Timeout:
        raise VaultLocked("busy", path=str(path)) from None
    except OSError as error:
        raise VaultLocked("os", path=str(path), detail=error.strerror or type(error).__name__) from None
