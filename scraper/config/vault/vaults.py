"""Choose between keyring and age file: find a stored password, or the vault for a new one."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from scraper.config.secret_text import secret_text
from scraper.config.vault.age import Kind
from scraper.config.vault.age_file import AgeFile
from scraper.config.vault.keyring import INTERACTIVE_PATIENCE, PATIENCE, Detected, SystemKeyring, system_keyring
from scraper.config.vault.vault import Ask, Vault
from scraper.errors import VaultLocked
from scraper.system.paths import data_folder

PASSPHRASE = "AURION_PASSPHRASE"  # noqa: S105 - the variable's name
Place = Literal["keyring", "age"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultChoice:
    """A vault and the reason for its choice: a key of the catalogue under `vault.where`, with its facts."""

    vault: Vault
    why: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Vaults:
    """Both vaults. The system's keyring is detected once, when first needed."""

    def __init__(self, age: AgeFile, detected: Detected | None = None, patience: float = PATIENCE) -> None:
        self.age = age
        self._patience = patience
        self._detected: Detected | VaultLocked | None = detected

    @property
    def keyring(self) -> SystemKeyring | None:
        """The system's keyring, if it has a real one. Raise VaultLocked("keyring-hangs")."""
        return self._keyring().vault

    def find(self, account: str) -> tuple[str, SecretStr] | None:
        """Return the vault's kind and the password, from the keyring or else the age file; None if it is not stored.

        Raise VaultLocked, but not for the keyring if the age file has the password.
        """
        try:
            keyring = self.keyring
            if keyring and (found := keyring.get(account)):
                return keyring.kind, found
        except VaultLocked as error:
            if error.reason == "keyring-hangs":
                self._detected = error  # do not wait for it again
            with suppress(VaultLocked):
                if found := self.age.get(account):
                    return self.age.kind, found
            raise
        found = self.age.get(account)
        return (self.age.kind, found) if found else None

    def choose(self) -> VaultChoice:
        """Return the vault for a new password: a real keyring, or else the age file. Raise VaultLocked."""
        vault, name = self._keyring()
        if vault:
            return VaultChoice(vault=vault, why="keyring", facts={"backend": name})
        why = f"no-keyring-{self.age.sealed_with}"
        return VaultChoice(vault=self.age, why=why, facts={"path": str(self.age.path), "backend": name})

    def home(self, account: str) -> VaultChoice:
        """Return the vault that has the account's password, or the one for a new password. Raise VaultLocked."""
        found = self.find(account)
        if found is None or found[0] != self.age.kind or self.keyring is None:
            return self.choose()
        why = f"moved-{self.age.sealed_with}"
        return VaultChoice(vault=self.age, why=why, facts={"path": str(self.age.path), "backend": self._keyring().name})

    def drop(self, account: str) -> None:
        """Delete the account's password from both vaults. Raise VaultLocked."""
        self.age.drop(account)
        if self.keyring:
            self.keyring.drop(account)

    def move(self, account: str, to: Place) -> bool:
        """Copy the password to that vault, verify it, delete the original; return False if there is none.

        Raise VaultLocked, "keyring-none" if there is no real keyring; the old vault then still has the password.
        """
        keyring, name = self._keyring()
        if to == "keyring" and keyring is None:
            raise VaultLocked("keyring-none", backend=name)
        found = self.find(account)
        if found is None:
            return False
        target: Vault = keyring if to == "keyring" and keyring else self.age
        target.put(account, found[1])
        if target.get(account) != found[1]:
            raise VaultLocked("not-kept", place=target.kind)
        other = self.age if target is keyring else keyring
        if other:
            other.drop(account)
        return True

    def _keyring(self) -> Detected:
        if self._detected is None:
            try:
                self._detected = system_keyring(self._patience)
            except VaultLocked as error:
                self._detected = error
        if isinstance(self._detected, VaultLocked):
            raise self._detected
        return self._detected


def vaults(
    ask: Ask | None = None,
    *,
    environment: Mapping[str, str] = environ,
    folder: Path | None = None,
    seal: Kind | None = None,
) -> Vaults:
    """Return this user's vaults; `ask` prompts for the age file's passphrase, None if no prompt is possible.

    `seal` is the kind of the age file's encryption from the next change on; by default it does not change.
    """
    given = environment.get(PASSPHRASE, "")
    age = AgeFile(
        folder or age_folder(), ask=ask, passphrase=SecretStr(secret_text(given)) if given else None, seal=seal
    )  # fmt: skip
    return Vaults(age, patience=INTERACTIVE_PATIENCE if ask else PATIENCE)


def age_folder() -> Path:
    """Return the folder of the age file and its key, which may not exist yet."""
    return data_folder() / "vault"
