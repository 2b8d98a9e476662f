"""Who may come in: a token that opens once, then a cookie. Only a digest of either is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from pathlib import Path

from scraper.system.json_store import JsonFile
from scraper.system.run_history import parse_instant

SECRET_BYTES = 32
PATH_BYTES = 16
TOKEN_LIVES = timedelta(minutes=15)
COOKIE_LIVES = timedelta(days=30)
MOST = 50
"""Of each kind; the oldest beyond are forgotten."""


@dataclass(slots=True, kw_only=True)
class Authenticator:
    """The page's one door, for all servers of a state folder; `clock` tells the time.

    `secret_path` is the first part of every page's address, another one for each server. Browsers send a cookie to
    every port of a host, so to other users' servers on this machine, too; one for a path goes only where that path is
    asked for.
    """

    state: Path
    clock: Callable[[], datetime]
    secret_path: str = field(init=False, repr=False)
    _opened: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        """Make the path of this server."""
        self.secret_path = f"/{secrets.token_urlsafe(PATH_BYTES)}"

    def new_token(self) -> str:
        """Make a token that opens once, soon. Raises DeliveryError, AnotherRun."""
        token = secrets.token_urlsafe(SECRET_BYTES)
        self._add("tokens", token, TOKEN_LIVES)
        return token

    def open(self, token: str) -> str | None:
        """Give a cookie for a token, which is used up; None for a wrong one.

        Wrong ones are not counted: 256 bits cannot be guessed, and a count would let any web page shut the door.
        Raises DeliveryError, AnotherRun.
        """
        if not self.has(token):
            return None
        with self._memory.changing() as kept:
            tokens = _living(kept.get("tokens"), self.clock())
            found = _matching(token, tokens)
            kept["tokens"] = {digest: until for digest, until in tokens.items() if digest != found}
        if found is None:
            return None
        cookie = secrets.token_urlsafe(SECRET_BYTES)
        self._add("cookies", cookie, COOKIE_LIVES)
        self._add("paths", self.secret_path, COOKIE_LIVES)
        self._opened.add(_digest(cookie))
        return cookie

    def has(self, token: str) -> bool:
        """Tell whether that token would still open."""
        return self._knows("tokens", token)

    def leads_in(self, path: str) -> bool:
        """Tell whether the path is this server's, or an earlier one's: a page that was left open goes on there."""
        return compare_digest(path.encode(), self.secret_path.encode()) or self._knows("paths", path)

    def lets_in(self, cookie: str) -> bool:
        """Tell whether that cookie was given here, not too long ago."""
        return bool(cookie) and self._knows("cookies", cookie)

    def lets_change(self, cookie: str) -> bool:
        """Tell whether this very server gave that cookie.

        While no server of ours runs, another user's may have its port: pages left open then send it path and cookie.
        """
        return _digest(cookie) in self._opened and self.lets_in(cookie)

    @property
    def _memory(self) -> JsonFile:
        return JsonFile(self.state / "page" / "door.json")

    def _knows(self, kind: str, secret: str) -> bool:
        return _matching(secret, _living(self._memory.read().get(kind), self.clock())) is not None

    def _add(self, kind: str, secret: str, lives: timedelta) -> None:
        now = self.clock()
        with self._memory.changing() as kept:
            living = _living(kept.get(kind), now)
            living[_digest(secret)] = (now + lives).isoformat()
            kept[kind] = dict(list(living.items())[-MOST:])


def form_token(cookie: str) -> str:
    """Give what a form of ours has, and no other site's form can have."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _matching(secret: str, known: Mapping[str, str]) -> str | None:
    digest, found = _digest(secret), None
    for one in known:
        if compare_digest(one, digest):
            found = one
    return found


def _living(kept: object, now: datetime) -> dict[str, str]:
    """Those that have not ended."""
    known = kept if isinstance(kept, dict) else {}
    ends = {digest: parse_instant(until) for digest, until in known.items()}
    return {digest: known[digest] for digest, until in ends.items() if until is not None and until > now}
