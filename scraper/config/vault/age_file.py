"""Passwords in one file encrypted with age: for a machine without a real keyring, or for a timer that must open it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from filelock import Timeout
from pydantic import SecretStr

from scraper.config.vault.age import AgeEncryption, KeyFile, Kind, Passphrase, kind_of
from scraper.config.vault.vault import Ask
from scraper.errors import VaultLocked
from scraper.system.files import check_writable, chmod_hint, private_folder, private_lock, write_private

PATIENCE = 15
"""Seconds that a run waits for another one to write."""


class AgeFile:
    """`vault.age` in a folder that its user alone may enter; all accounts' passwords in one JSON object.

    `passphrase` is the one given; else `ask` is called, once. `seal` is how it shall be sealed from the next change
    on; unless said it stays as it is, and a new file has a passphrase where one was given, else a key file.
    """

    kind: ClassVar[str] = "age file"

    def __init__(
        self, folder: Path, *, ask: Ask | None = None, passphrase: SecretStr | None = None, seal: Kind | None = None
    ) -> None:
        self.path = folder / "vault.age"
        self._key = KeyFile(folder / "vault.key")
        self._ask = ask
        self._passphrase = Passphrase(passphrase) if passphrase else None
        self._wished = seal
        self._opened: tuple[bytes, dict[str, str]] | None = None  # opening takes a second with a passphrase

    def __repr__(self) -> str:
        return f"AgeFile({str(self.path)!r})"

    @property
    def exists(self) -> bool:
        """Whether there is such a file. Raises VaultLocked where nobody may look."""
        with _translated(self.path):
            return self.path.exists()

    @property
    def sealed_with(self) -> Kind:
        """What opens it, or will once it is there. Raises VaultLocked: damaged, os."""
        with _translated(self.path):
            sealed = self._sealed()
        return self._kind(sealed)

    def get(self, account: str) -> SecretStr | None:
        """The account's password. Raises VaultLocked."""
        if not self.exists:
            return None
        with _translated(self.path):
            found = self._read().get(account)
        return None if found is None else SecretStr(found)

    def check(self) -> None:
        """Raise VaultLocked where a password could not be kept; only the folder is created."""
        with _translated(self.path):
            self._prepare_folder()
            sealed = self._sealed()
            self._seal(self._wished or self._kind(sealed), new=self._wished != kind_of(sealed))
            self._read()
            check_writable(self.path)

    def put(self, account: str, password: SecretStr) -> None:
        """Keeps it; the file is written whole or stays as it was. Raises VaultLocked."""
        with self._changing() as passwords:
            passwords[account] = password.get_secret_value()

    def drop(self, account: str) -> None:
        """Forgets it. Raises VaultLocked."""
        if self.exists:
            with self._changing() as passwords:
                passwords.pop(account, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        """All passwords, to be changed; nobody else changes them meanwhile."""
        with _translated(self.path):
            self._prepare_folder()
            sealed = self._sealed()
            if sealed:
                self._seal(self._kind(sealed))  # a person is asked before others are kept waiting
            self._seal(self._wished or self._kind(sealed), new=self._wished != kind_of(sealed))
            with private_lock(self.path.with_suffix(".lock"), PATIENCE):
                passwords = self._read()
                seal = self._seal(self._wished or self._kind(self._sealed()))  # another run may have sealed it since
                before = dict(passwords)
                yield passwords
                if passwords != before or seal.kind != kind_of(self._sealed()):
                    write_private(self.path, seal.close(json.dumps(passwords).encode()))

    def _read(self) -> dict[str, str]:
        sealed = self._sealed()
        if not sealed:
            return {}
        for path in (self.path.parent, self.path):
            _refuse_open(path)
        try:
            if self._opened is None or self._opened[0] != sealed:
                plain = self._seal(self._kind(sealed)).open(sealed, self.path)
                self._opened = sealed, _passwords(plain, self.path)
            return dict(self._opened[1])
        except VaultLocked:
            self._passphrase = None
            raise

    def _sealed(self) -> bytes:
        """The file's bytes; none where there is no file."""
        try:
            sealed = self.path.read_bytes()
        except FileNotFoundError:
            return b""
        if kind_of(sealed) is None:
            raise VaultLocked("damaged", path=str(self.path))
        return sealed

    def _kind(self, sealed: bytes) -> Kind:
        return kind_of(sealed) or self._wished or ("passphrase" if self._passphrase else "key")

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
    """What was sealed. Raises VaultLocked("damaged") where this program did not write it."""
    try:
        found = json.loads(plain)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(password, str) for password in found.values()):
        raise VaultLocked("damaged", path=str(path))
    return found


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """What the system says of the file, in our words."""
    try:
        yield
    except Timeout:
        raise VaultLocked("busy", path=str(path)) from None
    except OSError as error:
        raise VaultLocked("os", path=str(path), said=error.strerror or type(error).__name__) from None
