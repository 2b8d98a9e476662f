"""Limits on sign-ins and test notifications, in the database.

Sign-ins are counted for each network address, each login, and each browser that is known for one; tests for each
student. The limits hold over all web processes together, and after a restart. A browser in which the portal accepted a
login has a limit of its own for that login: a stranger who uses up the login's limit does not lock its owner out.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address

from sqlalchemy import Engine, delete, func, insert, select

from scraper.hosting.database.engine import translate_database_errors
from scraper.hosting.database.service_tables import sign_in_try
from scraper.hosting.keys import WebKeys

NETWORK_BITS = 64
"""One IPv6 subscriber has at least so long a prefix: all its addresses count as one."""
KEPT = timedelta(hours=1)
"""How long attempts are kept: the longest period of a limit."""
KNOWN_FOR = timedelta(days=365)
"""How long a browser is known after its last sign-in."""
NONCE_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The attempts of each key in the last `period`, of which `most` are allowed. A key is a keyed digest."""

    engine: Engine = field(repr=False)
    most: int
    period: timedelta

    def allow(self, key: bytes, now: datetime) -> bool:
        """Count an attempt and return True, or return False where the key has none left. Raise DatabaseUnavailable."""
        own = sign_in_try.c.key == key, sign_in_try.c.at > now - self.period
        with translate_database_errors(), self.engine.begin() as connection:
            # Two attempts at once would both see the last one that is left. The key's first bytes are the lock of a
            # worker that visits the portal with this login: a form must neither wait for it nor show it.
            connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(key[8:16], signed=True))))
            connection.execute(delete(sign_in_try).where(sign_in_try.c.at <= now - KEPT))
            count = connection.scalar(select(func.count()).select_from(sign_in_try).where(*own)) or 0
            if count < self.most:
                connection.execute(insert(sign_in_try).values(key=key, at=now))
        return count < self.most


def network_of(address: str) -> str:
    """Return the network that counts as one visitor: an IPv4 address, or the first 64 bits of an IPv6 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(IPv6Address(int(parsed) >> NETWORK_BITS << NETWORK_BITS))
    return str(parsed)


def known_browser_cookie(keys: WebKeys, login_digest: bytes) -> str:
    """Return a new cookie for a browser in which the portal accepted this login; it opens nothing."""
    nonce = secrets.token_hex(NONCE_BYTES)
    return f"{nonce}.{_known_browser(keys, login_digest, nonce).hex()}"


def attempts_key(keys: WebKeys, login_digest: bytes, cookie: str) -> bytes:
    """Return the key of the limit for a login: the browser's own where its cookie is for this login, else the login's.

    The key of a login is its digest, by which it is deleted with the student.
    """
    nonce, _, found = cookie.partition(".")
    own = _known_browser(keys, login_digest, nonce)
    return own if compare_digest(found.encode(), own.hex().encode()) else login_digest


def _known_browser(keys: WebKeys, login_digest: bytes, nonce: str) -> bytes:
    return keys.digest("known browser", f"{login_digest.hex()} {nonce}")
