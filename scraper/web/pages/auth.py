"""Who may see the page: a one-time token opens it, then a cookie. Only digests of both are stored."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from pathlib import Path

from scraper.system.json_store import JsonFile
from scraper.system.run_history import parse_instant
from scraper.system.secret_digest import find_digest, hash_secret

SECRET_BYTES = 32
PATH_BYTES = 16
TOKEN_LIFETIME = timedelta(minutes=15)
COOKIE_LIFETIME = timedelta(days=30)
MOST = 50
"""How many secrets of each kind are kept; the oldest are dropped."""


@dataclass(slots=True, kw_only=True)
class Authenticator:
    """Tokens, cookies and secret paths of all servers that share a state folder.

    `secret_path` is the first part of every address of this server's page; each server has its own. Browsers send a
    cookie to every port of a host, also to servers of other users of this machine; a cookie for a path is sent only
    where that path is requested.
    """

    state: Path
    clock: Callable[[], datetime]
    secret_path: str = field(init=False, repr=False)
    _own_cookies: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        """Create this server's secret path."""
        self.secret_path = f"/{secrets.token_urlsafe(PATH_BYTES)}"

    def new_token(self) -> str:
        """Create a token that can be used once, within `TOKEN_LIFETIME`. Raise DeliveryError or AnotherRun."""
        token = secrets.token_urlsafe(SECRET_BYTES)
        self._add("tokens", token, TOKEN_LIFETIME)
        return token

    def exchange_token(self, token: str) -> str | None:
        """Return a cookie for a token and invalidate the token; None for an invalid one.

        Failed attempts are not counted: 256 bits cannot be guessed, and a limit would let any web page lock the user
        out. Raise DeliveryError or AnotherRun.
        """
        if not self.is_valid_token(token):
            return None
        with self._file.change() as content:
            tokens = _drop_expired(content.get("tokens"), self.clock())
            found = find_digest(token, tokens)
            content["tokens"] = {digest: until for digest, until in tokens.items() if digest != found}
        if found is None:
            return None
        cookie = secrets.token_urlsafe(SECRET_BYTES)
        self._add("cookies", cookie, COOKIE_LIFETIME)
        self._add("paths", self.secret_path, COOKIE_LIFETIME)
        self._own_cookies.add(hash_secret(cookie))
        return cookie

    def is_valid_token(self, token: str) -> bool:
        """Return whether the token can still be exchanged for a cookie."""
        return self._is_known("tokens", token)

    def is_secret_path(self, path: str) -> bool:
        """Return whether the path is this server's, or that of an earlier server with pages still open in a browser."""
        return compare_digest(path.encode(), self.secret_path.encode()) or self._is_known("paths", path)

    def is_valid_cookie(self, cookie: str) -> bool:
        """Return whether a server of this state folder issued the cookie and it has not expired."""
        return bool(cookie) and self._is_known("cookies", cookie)

    def is_cookie_of_this_server(self, cookie: str) -> bool:
        """Return whether this very server issued the cookie.

        While no server of this user runs, another user may occupy its port: pages that are still open then send their
        path and cookie there.
        """
        return hash_secret(cookie) in self._own_cookies and self.is_valid_cookie(cookie)

    def revoke_cookie(self, cookie: str) -> None:
        """Log one browser out. Raise DeliveryError or AnotherRun."""
        with self._file.change() as content:
            known = _drop_expired(content.get("cookies"), self.clock())
            content["cookies"] = {digest: until for digest, until in known.items() if digest != hash_secret(cookie)}

    def revoke_all(self) -> None:
        """Log every browser out of all servers, and invalidate all tokens. Raise DeliveryError or AnotherRun."""
        with self._file.change() as content:
            content |= {"cookies": {}, "tokens": {}}

    def count_cookies(self) -> int:
        """Return how many browsers are logged in."""
        return len(_drop_expired(self._file.read().get("cookies"), self.clock()))

    @property
    def _file(self) -> JsonFile:
        return JsonFile(self.state / "page" / "door.json")

    def _is_known(self, kind: str, secret: str) -> bool:
        return find_digest(secret, _drop_expired(self._file.read().get(kind), self.clock())) is not None

    def _add(self, kind: str, secret: str, lifetime: timedelta) -> None:
        now = self.clock()
        with self._file.change() as content:
            expiry_by_digest = _drop_expired(content.get(kind), now)
            expiry_by_digest[hash_secret(secret)] = (now + lifetime).isoformat()
            content[kind] = dict(list(expiry_by_digest.items())[-MOST:])


def form_token(cookie: str) -> str:
    """Return the token that only this page's own forms contain, derived from the cookie (against CSRF)."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def _drop_expired(content: object, now: datetime) -> dict[str, str]:
    """Return the stored digests that have not expired."""
    known = content if isinstance(content, dict) else {}
    ends = {digest: parse_instant(until) for digest, until in known.items()}
    return {digest: known[digest] for digest, until in ends.items() if until is not None and until > now}
