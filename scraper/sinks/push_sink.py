"""The base of sinks that push a calendar to a service: events are created, changed and deleted there by their UID.

Events edited at the service are left unchanged and reported; when the user deletes one there, the planning's event is
stored again. Other events in the calendar are never touched. An interrupted push continues at the next one.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from scraper.domain.sink_kind import Destination, SinkKind
from scraper.errors import Interrupted
from scraper.sinks.push_state import CollectionState, load_state
from scraper.sinks.sink_service import SinkConnection, require_library


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSink(ABC):
    """A calendar at a service of this `kind`, with what a push to it needs."""

    kind: ClassVar[SinkKind]
    destination: Destination
    connection: SinkConnection

    @property
    def name(self) -> str:
        """The address."""
        return self.destination.address

    @property
    def memory(self) -> CollectionState:
        """The stored state of the last push."""
        return load_state(self.destination.state_file(self.connection.state))

    @property
    def locally_modified(self) -> tuple[str, ...]:
        """UIDs of events edited at the service since the last push."""
        return self.memory.edited_uids

    @property
    def shortened(self) -> tuple[str, ...]:
        """UIDs of events of the last push with texts that are longer than the service's limits."""
        return self.memory.shortened

    def check(self) -> None:
        """Raise if the library or password is missing or the state file not writable; the service is not asked.

        A run without changes then needs only one request.
        """
        require_library(self.kind, self.name)
        self.check_password()
        self.memory.check()

    def check_password(self) -> None:
        """Raise if the password is missing."""
        self.connection.password()

    def current(self) -> bytes | None:
        """Return the last completely pushed calendar, None if there is none."""
        return self.memory.body

    def deliver(self, body: bytes) -> bool:
        """Push the calendar's events; return False if nothing changed and it equals the last pushed calendar.

        Raise SinkUnavailable, SinkRefused or Interrupted; each event is then either the old or the new version.
        """
        memory = self.memory
        self.connection.before_push()
        try:
            with memory.saving():
                changed = self.push(body, memory)
                return memory.complete(body) or changed
        except KeyboardInterrupt:
            raise Interrupted(self.kind.name, path=self.name) from None

    @abstractmethod
    def push(self, body: bytes, memory: CollectionState) -> bool:
        """Push the calendar's events and update the state; return whether anything changed. Raise DeliveryError."""
