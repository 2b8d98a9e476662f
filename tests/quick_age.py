"""Age files by a passphrase with little work: age itself chooses as much as takes a second, to slow down guessing."""

import hmac
import os
import textwrap
from base64 import b64encode
from hashlib import sha256

import pyrage
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

WORK = 8
"""The logarithm of the iterations of scrypt; age chooses about 20."""
MOST = 64 * 1024
"""Bytes of a chunk; the files here have one."""


def encrypt_quickly(plain: bytes, passphrase: str, *, armored: bool = False) -> bytes:
    """Return an age file as `pyrage.passphrase.encrypt` does (age-encryption.org/v1), which takes a millisecond."""
    assert len(plain) <= MOST
    file_key, salt, nonce = (os.urandom(16) for _ in range(3))
    label = b"age-encryption.org/v1/scrypt" + salt
    wrap_key = Scrypt(salt=label, length=32, n=2**WORK, r=8, p=1).derive(passphrase.encode())
    wrapped = ChaCha20Poly1305(wrap_key).encrypt(bytes(12), file_key, None)
    stanza = f"-> scrypt {_base64(salt)} {WORK}\n{_base64(wrapped)}"
    header = f"age-encryption.org/v1\n{stanza}\n---".encode()
    mac = hmac.digest(_derive(file_key, b"header", b""), header, sha256)
    chunk = ChaCha20Poly1305(_derive(file_key, b"payload", nonce)).encrypt(bytes(11) + b"\x01", plain, None)
    sealed = header + f" {_base64(mac)}\n".encode() + nonce + chunk
    if not armored:
        return sealed
    lines = textwrap.wrap(b64encode(sealed).decode(), 64)
    return "\n".join(("-----BEGIN AGE ENCRYPTED FILE-----", *lines, "-----END AGE ENCRYPTED FILE-----", "")).encode()


@pytest.fixture
def quick_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encrypt by passphrases with little work; pyrage itself decrypts."""
    monkeypatch.setattr(pyrage.passphrase, "encrypt", encrypt_quickly)


def _derive(key: bytes, info: bytes, salt: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")
