"""Seal what only a worker may read: the public key seals, and only the identity opens.

What is sealed names its owner, the row that it is for: copied into another row, it does not open.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pyrage

from scraper.domain.credentials import Credentials
from scraper.errors import SettingsError
from scraper.hosting.keys import IDENTITIES, keyed_digest, load_identities, load_recipients

UNOPENED = frozenset({"hosting-sealed", "hosting-key-version"})
"""The reasons for which a single value does not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Sealed bytes and the version of the key that opens them."""

    body: bytes = field(repr=False)
    key_version: int


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals with the newest public key in the folder."""

    keys: Path

    def seal(self, owner: UUID, plain: bytes) -> Sealed:
        """Seal the bytes for a row. Raise SettingsError where the key is missing or damaged."""
        version, recipient = list(load_recipients(self.keys).items())[-1]
        return Sealed(body=pyrage.encrypt(owner.bytes + plain, [recipient]), key_version=version)

    def seal_credentials(self, owner: UUID, credentials: Credentials) -> Sealed:
        """Seal a login and its password for a row. Raise what `seal` raises."""
        return self.seal(owner, json.dumps([credentials.login, credentials.password]).encode())


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens with the identities in the folder. Only a worker has one."""

    keys: Path

    def open(self, owner: UUID, sealed: Sealed) -> bytes:
        """Return what was sealed for that row.

        Raise SettingsError: hosting-key-version where this machine lacks the key's version, hosting-sealed where the
        bytes are damaged or were sealed for another row.
        """
        identity = load_identities(self.keys).get(sealed.key_version)
        if identity is None:
            path = str(self.keys / IDENTITIES)
            raise SettingsError("hosting-key-version", path=path, version=sealed.key_version)
        try:
            plain: bytes = pyrage.decrypt(sealed.body, [identity])
        except pyrage.DecryptError:
            plain = b""
        if plain[: len(owner.bytes)] != owner.bytes:
            raise SettingsError("hosting-sealed", owner=str(owner))
        return plain[len(owner.bytes) :]

    def try_to_open(self, owner: UUID, sealed: Sealed) -> bytes | None:
        """Return what was sealed for that row; None where it does not open.

        Raise SettingsError where this machine's identities are missing or damaged.
        """
        try:
            return self.open(owner, sealed)
        except SettingsError as error:
            if error.reason not in UNOPENED:
                raise
            return None

    def open_credentials(self, owner: UUID, sealed: Sealed) -> Credentials:
        """Return the login and password that were sealed for that row. Raise what `open` raises."""
        return credentials_from(self.open(owner, sealed))

    def password_digest(self, school: str, credentials: Credentials) -> bytes:
        """Return the digest of a login with its password, by which a refused one is known again.

        Its key is the first identity, which is never removed: a digest stays valid when keys are rotated.
        """
        first = next(iter(load_identities(self.keys).values()))
        return keyed_digest(str(first).encode(), "refused", school, credentials.login, credentials.password)


def credentials_from(plain: bytes) -> Credentials:
    """Return the login and password in what was sealed."""
    login, password = json.loads(plain)
    return Credentials(login=login, password=password)
