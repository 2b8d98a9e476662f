"""Which place a password is in, which one a new password goes to, and why."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from os import environ
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import SecretStr

from scraper.config.secret_text import secret_text
from scraper.config.vault.age import Kind
from scraper.config.vault.age_file import AgeFile
from scraper.config.vault.keyring import PATIENCE, WITH_A_PERSON, Detected, SystemKeyring, system_keyring
from scraper.config.vault.vault import Ask, Vault
from scraper.errors import VaultLocked

PASSPHRASE = "AURION_PASSPHRASE"  # noqa: S105 - the variable's name
Place = Literal["keyring", "age"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultChoice:
    """A place, and why that one: a key of the words under `vault.where`, with its facts."""

    vault: Vault
    why: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Vaults:
    """Both places. Whether the system has a real keyring is found out when it matters, and once."""

    def __init__(self, age: AgeFile, detected: Detected | None = None, patience: float = PATIENCE) -> None:
        self.age = age
        self._patience = patience
        self._detected: Detected | VaultLocked | None = detected

    @property
    def keyring(self) -> SystemKeyring | None:
        """The system's, where it has a real one. Raises VaultLocked("keyring-hangs")."""
        return self._keyring().vault

    def find(self, account: str) -> tuple[str, SecretStr] | None:
        """The place's kind and the account's password there: the keyring's, else the age file's, else None.

        Raises VaultLocked; but not of the keyring where the age file has it.
        """
        try:
            keyring = self.keyring
            if keyring and (found := keyring.get(account)):
                return keyring.kind, found
        except VaultLocked as error:
            if error.reason == "keyring-hangs":
                self._detected = error  # once is enough: nobody waits for it again
            with suppress(VaultLocked):
                if found := self.age.get(account):
                    return self.age.kind, found
            raise
        found = self.age.get(account)
        return (self.age.kind, found) if found else None

    def preferred(self) -> VaultChoice:
        """Where a new account's password goes: into a real keyring, else into the age file. Raises VaultLocked."""
        vault, name = self._keyring()
        if vault:
            return VaultChoice(vault=vault, why="keyring", facts={"backend": name})
        why = f"no-keyring-{self.age.sealed_with}"
        return VaultChoice(vault=self.age, why=why, facts={"path": str(self.age.path), "backend": name})

    def home(self, account: str) -> VaultChoice:
        """Where the account's password is; where it would go, if there is none. Raises VaultLocked."""
        found = self.find(account)
        if found is None or found[0] != self.age.kind or self.keyring is None:
            return self.preferred()
        why = f"moved-{self.age.sealed_with}"
        return VaultChoice(vault=self.age, why=why, facts={"path": str(self.age.path), "backend": self._keyring().name})

    def drop(self, account: str) -> None:
        """Forgets the account's password wherever it is. Raises VaultLocked."""
        self.age.drop(account)
        if self.keyring:
            self.keyring.drop(account)

    def move(self, account: str, to: Place) -> bool:
        """Puts the password there, reads it back, then forgets the other; False where there is none.

        Raises VaultLocked, "keyring-none" where there is no real keyring; the old place then still has it.
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
    """Both places of this user; `ask` is None where nobody can be asked for the age file's passphrase.

    `seal` is how the age file shall be sealed when it is next written; unless said it stays as it is.
    """
    given = environment.get(PASSPHRASE, "")
    age = AgeFile(
        folder or age_folder(), ask=ask, passphrase=SecretStr(secret_text(given)) if given else None, seal=seal
    )  # fmt: skip
    return Vaults(age, patience=WITH_A_PERSON if ask else PATIENCE)


def age_folder() -> Path:
    """Where the age file and its key are; not made yet."""
    return platformdirs.user_data_path("aurion-planning", appauthor=False) / "vault"
