"""Who may come in: a token that opens once, then a cookie; of either only a digest is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from pathlib import Path

from scraper.memory import Memory
from scraper.runs import instant

SECRET_BYTES = 32
TOKEN_LIVES = timedelta(minutes=15)
COOKIE_LIVES = timedelta(days=30)
MOST_COOKIES = 50
MOST_WRONG, WITHIN = 10, timedelta(minutes=1)
"""After so many wrong tokens within that time no token opens any more until it is over."""


@dataclass(slots=True, kw_only=True)
class Door:
    """The page's one door, for all servers of a state folder; `clock` tells the time."""

    state: Path
    clock: Callable[[], datetime]
    _wrong: list[datetime] = field(default_factory=list)

    def new_token(self) -> str:
        """A token that opens once, soon. Raises DeliveryError, AnotherRun."""
        token = secrets.token_urlsafe(SECRET_BYTES)
        self._add("tokens", token, TOKEN_LIVES)
        return token

    def open(self, token: str) -> str | None:
        """The cookie for whoever has a token; it is used up. None for a wrong one, or after too many wrong ones.

        Raises DeliveryError, AnotherRun.
        """
        now = self.clock()
        self._wrong = [at for at in self._wrong if at > now - WITHIN]
        if len(self._wrong) >= MOST_WRONG:
            return None
        with self._memory.changing() as kept:
            tokens = _living(kept.get("tokens"), now)
            found = _matching(token, tokens)
            kept["tokens"] = {digest: until for digest, until in tokens.items() if digest != found}
        if found is None:
            self._wrong.append(now)
            return None
        cookie = secrets.token_urlsafe(SECRET_BYTES)
        self._add("cookies", cookie, COOKIE_LIVES)
        return cookie

    def has(self, token: str) -> bool:
        """Whether that token would still open."""
        return self._knows("tokens", token)

    def lets_in(self, cookie: str) -> bool:
        """Whether that cookie was given here, not too long ago."""
        return bool(cookie) and self._knows("cookies", cookie)

    @property
    def _memory(self) -> Memory:
        return Memory(self.state / "page" / "door.json")

    def _knows(self, kind: str, secret: str) -> bool:
        return _matching(secret, _living(self._memory.read().get(kind), self.clock())) is not None

    def _add(self, kind: str, secret: str, lives: timedelta) -> None:
        now = self.clock()
        with self._memory.changing() as kept:
            living = _living(kept.get(kind), now)
            living[_digest(secret)] = (now + lives).isoformat()
            kept[kind] = dict(list(living.items())[-MOST_COOKIES:])


def form_token(cookie: str) -> str:
    """What a form of ours has, and a form of anybody else's cannot have."""
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
    """Those whose time is not over."""
    told = kept if isinstance(kept, dict) else {}
    ends = {digest: instant(until) for digest, until in told.items()}
    return {digest: told[digest] for digest, until in ends.items() if until is not None and until > now}
