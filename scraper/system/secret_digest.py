"""Random secrets of which only digests are stored."""

import hashlib
from collections.abc import Iterable
from hmac import compare_digest


def hash_secret(secret: str) -> str:
    """Return the digest to store for a secret; its 192 random bits make a slow hash unnecessary."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def find_digest(secret: str, known: Iterable[str]) -> str | None:
    """Return the known digest of the secret; all digests are compared, each in constant time."""
    digest, found = hash_secret(secret), None
    for one in known:
        if compare_digest(one, digest):
            found = one
    return found
