"""The keys of the service: files in one folder, which the database never contains.

- `worker.txt`: age identities, which open what is sealed; on machines of workers only
- `worker.pub`: their public keys, which only seal
- `web.key`: the key of digests and of calendar addresses; on the machine of the web server

Identities and public keys have versions, newest last. Every file is read when it is needed: a new version counts at
once, also in processes that run.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage

from scraper.errors import SettingsError
from scraper.system.files import chmod_hint, private_folder, write_private
from scraper.system.os_errors import translate_state_errors

IDENTITIES, RECIPIENTS, WEB_KEY = "worker.txt", "worker.pub", "web.key"
WEB_KEY_BYTES = 32
VERSIONED = re.compile(r"^# version (\d+)\n(\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WebKeys:
    """The key of digests and of calendar addresses."""

    key: bytes = field(repr=False)

    def login_digest(self, school: str, login: str) -> bytes:
        """Return the digest of a login, in any case of its letters, at that school."""
        return keyed_digest(self.key, "login", school, login.strip().casefold())

    def cookie_digest(self, cookie: str) -> bytes:
        """Return the digest to store for a cookie."""
        return self.digest("cookie", cookie)

    def digest(self, purpose: str, value: str) -> bytes:
        """Return the digest of the value for that purpose."""
        return keyed_digest(self.key, purpose, value)


def keyed_digest(key: bytes, *parts: str) -> bytes:
    """Return the HMAC-SHA256 of the texts; other texts, also if divided in another way, have another digest."""
    return hmac.digest(key, "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass"), "sha256")


def load_web_keys(folder: Path) -> WebKeys:
    """Read the web server's key. Raise SettingsError: hosting-key-missing, hosting-key-open, hosting-key-damaged."""
    path = folder / WEB_KEY
    try:
        key = base64.b64decode(_read(path).strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != WEB_KEY_BYTES:
        raise SettingsError("hosting-key-damaged", path=str(path))
    return WebKeys(key)


def load_identities(folder: Path) -> dict[int, pyrage.x25519.Identity]:
    """Read the workers' identities by version, newest last. Raise what `load_web_keys` raises."""
    return _parse(folder / IDENTITIES, pyrage.x25519.Identity.from_str, pyrage.IdentityError)


def load_recipients(folder: Path) -> dict[int, pyrage.x25519.Recipient]:
    """Read the workers' public keys by version, newest last. Raise what `load_web_keys` raises."""
    return _parse(folder / RECIPIENTS, pyrage.x25519.Recipient.from_str, pyrage.RecipientError)


def create_keys(folder: Path) -> bool:
    """Create the keys in a folder that has none; return False where it has some. Raise StateError."""
    with translate_state_errors(str(folder)):
        if any((folder / name).exists() for name in (IDENTITIES, RECIPIENTS, WEB_KEY)):
            return False
        private_folder(folder)
        write_private(folder / WEB_KEY, base64.b64encode(secrets.token_bytes(WEB_KEY_BYTES)) + b"\n")
        _write_identities(folder, {1: pyrage.x25519.Identity.generate()})
    return True


def add_identity(folder: Path) -> int:
    """Add a new identity and its public key; return its version. Raise SettingsError or StateError.

    The administrator empties the file of identities where every copy is lost: the new identity is then the only one.
    """
    file = folder / IDENTITIES
    is_lost = file.exists() and not file.stat().st_size
    identities = {} if is_lost else load_identities(folder)
    version = max({*identities, *load_recipients(folder)}) + 1
    with translate_state_errors(str(folder)):
        _write_identities(folder, identities | {version: pyrage.x25519.Identity.generate()})
    return version


def _write_identities(folder: Path, identities: dict[int, pyrage.x25519.Identity]) -> None:
    """Write both files. The identities come first: what a process seals in between can be opened."""
    recipients = {version: one.to_public() for version, one in identities.items()}
    for name, keys in ((IDENTITIES, identities), (RECIPIENTS, recipients)):
        write_private(folder / name, "".join(f"# version {n}\n{key}\n" for n, key in keys.items()).encode())


def _parse(path: Path, parse: Callable[[str], Any], error: type[Exception]) -> dict[int, Any]:
    try:
        found = {int(version): parse(key) for version, key in VERSIONED.findall(_read(path))}
    except error:
        found = {}
    if not found:
        raise SettingsError("hosting-key-damaged", path=str(path))
    return dict(sorted(found.items()))


def _read(path: Path) -> str:
    try:
        if command := chmod_hint(path, reading=path.name != RECIPIENTS):
            raise SettingsError("hosting-key-open", path=str(path), command=command)
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = "missing" if isinstance(error, FileNotFoundError) else "damaged"
        raise SettingsError(f"hosting-key-{reason}", path=str(path)) from None
