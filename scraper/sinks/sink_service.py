"""The implementation of a kind of sink: what it is given, and what it does."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from scraper.domain.sink_kind import Destination, SinkKind
from scraper.errors import SinkRefused
from scraper.sinks.sink import Sink, do_nothing
from scraper.system.network.access import Access

PUSH_BOUND = 420.0
"""Time limit of a push in seconds; the next push does the rest. An unattended run is killed after ten minutes."""
REQUEST_TIMEOUT = 90.0
"""Time limit of one complete request in seconds."""
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Statuses with which a service answers that something does not exist there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkConnection:
    """What a sink needs beside its destination: the password, the state folder, proxies and authorities.

    `before_push` is called before a delivery, when no other part of a run is in progress. `bound` limits a delivery, in
    seconds.
    """

    password: Callable[[], str] = field(repr=False)
    state: Path
    access: Callable[[], Access]
    before_push: Callable[[], None] = do_nothing
    bound: float = PUSH_BOUND


class Dialog(Protocol):
    """A conversation with the user during the set-up. Each `key` is a message in `scraper/locales/`."""

    @property
    def can_ask(self) -> bool:
        """Whether the user can answer."""

    @property
    def can_ask_secret(self) -> bool:
        """Whether the user can give a secret, or has given it."""

    def text(self, key: str) -> str:
        """Return a message."""

    def ask(self, key: str, default: str = "", **facts: object) -> str:
        """Return the answer to a question; an empty answer is the default."""

    def ask_secret(self, key: str, **facts: object) -> str:
        """Return a secret."""

    def confirm(self, key: str, **facts: object) -> bool:
        """Return the answer to a yes-or-no question; False where the user cannot answer."""

    def show(self, key: str, **facts: object) -> None:
        """Report a step that was done."""

    def explain(self, key: str, **facts: object) -> None:
        """Show what the next question is about."""

    def open_page(self, address: str) -> AbstractContextManager[bool]:
        """Open a page in the user's browser while the block lasts; give False if there is no screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupRequest:
    """A set-up of an account's calendar: the account's name and login, its calendars of this kind, the options given.

    `zone` is the school's time zone. `access` returns the proxies and authorities; None if the service must not be
    contacted. `defaults` are the values of the settings that the kind reads.
    """

    account: str
    login: str
    known: tuple[Destination, ...]
    options: Mapping[str, str | None]
    zone: str
    access: Callable[[], Access] | None
    defaults: Mapping[str, str] = field(default_factory=dict, repr=False)


class SinkService(Protocol):
    """The implementation of a kind of sink."""

    def open(self, destination: Destination, connection: SinkConnection) -> Sink:
        """Return the sink; nothing is contacted yet."""

    def choose(self, request: SetupRequest, dialog: Dialog) -> Destination:
        """Return the calendar, or the server, that the options or the user name. Raise SettingsError."""

    def connect(self, destination: Destination, request: SetupRequest, dialog: Dialog) -> tuple[Destination, str]:
        """Return the calendar to push to, found at the service, and its password. Raise AurionError."""

    def verify(self, destination: Destination, connection: SinkConnection) -> None:
        """Raise DeliveryError if the service does not accept the password, where it has to be asked for that."""

    def disconnect(self, destination: Destination, connection: SinkConnection, options: frozenset[str]) -> None:
        """End the access at the service, with the kind's `flags` that were given. Raise DeliveryError."""


def service_of(kind: SinkKind) -> SinkService:
    """Return the implementation of the kind; its module is imported only now."""
    return cast("SinkService", import_module(kind.module).SERVICE)


def require_library(kind: SinkKind, address: str = "") -> None:
    """Raise SinkRefused where the library of the kind is not installed; it is found without importing it."""
    if find_spec(kind.library) is None:
        raise SinkRefused(f"{kind.name}-extra", path=address or kind.name, name=kind.library)


@contextmanager
def library_errors(kind: SinkKind, address: str) -> Iterator[None]:
    """Raise SinkRefused where the block cannot import the library of the kind, or one that it needs."""
    try:
        yield
    except ImportError as missing:
        name = missing.name or kind.library
        if name.partition(".")[0] == __name__.partition(".")[0]:  # a bug of this program
            raise
        raise SinkRefused(f"{kind.name}-extra", path=address, name=name) from None
