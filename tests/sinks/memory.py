"""A sink of the tests only: it stores calendars in memory. `KIND` is all that the program knows of it."""

import errno
from dataclasses import dataclass, field

from scraper.domain.sink_kind import Destination, SinkKind
from scraper.errors import CredentialsMissing, SettingsError, SinkUnavailable
from scraper.sinks.sink_service import Dialog, SetupRequest, SinkConnection, SinkService

STORED: dict[str, bytes] = {}
"""The calendars by address."""


@dataclass(slots=True)
class MemorySink:
    """A calendar in `STORED`; `fault` is the error number of the next deliveries."""

    name: str
    connection: SinkConnection = field(repr=False)
    fault: int = 0
    locally_modified: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise if the password is missing."""
        self.connection.password()

    def current(self) -> bytes | None:
        """Return the stored calendar."""
        return STORED.get(self.name)

    def deliver(self, body: bytes) -> bool:
        """Store the calendar."""
        if self.fault:
            raise SinkUnavailable("memory-full" if self.fault == errno.ENOSPC else "memory", path=self.name)
        self.connection.password()
        before, STORED[self.name] = STORED.get(self.name), body
        return before != body


class MemoryService:
    """Calendars in memory."""

    def open(self, destination: Destination, connection: SinkConnection) -> MemorySink:
        """Return the sink."""
        return MemorySink(destination.address, connection)

    def choose(self, request: SetupRequest, dialog: Dialog) -> Destination:
        """Return the calendar that `--room` names."""
        room = request.options.get("room") or (dialog.ask("memory.room") if dialog.can_ask else "")
        if not room:
            raise SettingsError("memory-which", name=request.account)
        return Destination(kind="memory", address=address(room), user=request.login)

    def connect(self, destination: Destination, request: SetupRequest, dialog: Dialog) -> tuple[Destination, str]:
        """Return the calendar and the given password; there is nothing to contact."""
        if not dialog.can_ask_secret:
            raise CredentialsMissing("memory-password", path=destination.address)
        return destination, dialog.ask_secret("memory.password", user=request.login)

    def verify(self, destination: Destination, connection: SinkConnection) -> None:
        """Do nothing: nothing can be wrong."""

    def disconnect(self, destination: Destination, connection: SinkConnection, options: frozenset[str]) -> None:
        """Do nothing: there is no access to end."""


SERVICE: SinkService = MemoryService()


def address(text: str) -> str:
    """Return the address in the form used in settings."""
    if not (room := text.removeprefix("memory://").strip("/")):
        raise ValueError
    return f"memory://{room}/"


def colour(text: str) -> str:
    """Accept one colour only."""
    if text != "red":
        raise ValueError
    return text


KIND = SinkKind(
    name="memory", parse_address=address, keys={"colour": colour}, options={"room": "name"}, module=__name__,
    library="json",
)  # fmt: skip
