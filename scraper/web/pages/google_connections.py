"""Connections to Google that wait for their user's consent, in memory."""

from dataclasses import dataclass, field
from threading import Lock

from scraper.domain.sink_kind import Destination
from scraper.i18n import Catalogue
from scraper.sinks.google.google_consent import Consent
from scraper.sinks.sink_service import Dialog, SetupRequest

MOST = 20
"""How many visitors' connections are kept; older ones are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleConnection:
    """A connection of an account to Google. `passphrase` opens the vault, `address` is Google's page for the consent.

    `words` are in the visitor's language: a browser that comes from Google sends no cookie with it.
    """

    setup: SetupRequest
    destination: Destination
    consent: Consent
    address: str
    dialog: Dialog = field(repr=False)
    words: Catalogue
    passphrase: str = field(repr=False)


@dataclass(slots=True)
class GoogleConnections:
    """The connection of each visitor that waits for an answer."""

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
        """Return the visitor's connection."""
        return self._by_visitor.get(visitor)

    def take(self, state: str) -> GoogleConnection | None:
        """Return the connection that waits for the answer with this `state`, once."""
        with self._lock:
            found = next((one for one in self._by_visitor.items() if one[1].consent.is_for(state)), None)
            return self._by_visitor.pop(found[0]) if found else None
