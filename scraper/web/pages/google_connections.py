"""Connections to Google that wait for their user's consent, in memory."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.sinks.google.google_consent import Consent
from scraper.sinks.kind import Destination, Dialog, SetupRequest

MOST = 20
"""How many visitors' connections are kept; older ones are dropped."""
Phase = Literal["consent", "connecting", "over"]


@dataclass(slots=True, kw_only=True)
class GoogleConnection:
    """A connection of an account to Google. `passphrase` opens the vault, `address` is Google's page for the consent.

    `words` are in the visitor's language: a browser that comes from Google sends no cookie with it. When the connection
    is over, `result` is what became of the lessons, or `error` says why there is none.
    """

    setup: SetupRequest
    destination: Destination
    consent: Consent
    address: str
    dialog: Dialog = field(repr=False)
    words: Catalogue
    passphrase: str = field(repr=False)
    phase: Phase = "consent"
    result: str = ""
    error: AurionError | None = None


@dataclass(slots=True)
class GoogleConnections:
    """The last connection of each visitor."""

    _by_visitor: dict[str, GoogleConnection] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, visitor: str, connection: GoogleConnection) -> None:
        """Keep a visitor's new connection."""
        with self._lock:
            self._by_visitor.pop(visitor, None)
            self._by_visitor[visitor] = connection
            for old in list(self._by_visitor)[:-MOST]:
                del self._by_visitor[old]

    def get(self, visitor: str) -> GoogleConnection | None:
        """Return the visitor's last connection."""
        return self._by_visitor.get(visitor)

    def take(self, state: str) -> GoogleConnection | None:
        """Return the connection that waits for the answer with this `state`, once."""
        with self._lock:
            for one in self._by_visitor.values():
                if one.phase == "consent" and one.consent.is_for(state):
                    one.phase = "connecting"
                    return one
        return None
