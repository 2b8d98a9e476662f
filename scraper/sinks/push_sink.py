"""The base of sinks that push a calendar to a service: events are created, changed and deleted there by their UID.

Events edited at the service are left unchanged and reported; when the user deletes one there, the planning's event is
stored again. Other events in the calendar are never touched. An interrupted push continues at the next one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from scraper.domain.sink_kind import Destination, SinkKind
from scraper.errors import Interrupted
from scraper.sinks.push_state import CollectionState, load_state
from scraper.sinks.sink import do_nothing
from scraper.sinks.sink_service import PUSH_BOUND, require_library
from scraper.system.network.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSink(ABC):
    """The calendar at `address`, for `user`; the state of the last push is stored in the folder `state`.

    `password` is called when the password is needed. `access` returns the proxies and authorities of the settings.
    `before_push` is called before a push, when no other part of a run is in progress. `bound` limits a push in seconds.
    """

    kind: ClassVar[SinkKind]
    address: str
    user: str
    password: Callable[[], str] = field(repr=False)
    state: Path
    access: Callable[[], Access] = Access
    before_push: Callable[[], None] = do_nothing
    bound: float = PUSH_BOUND

    @property
    def name(self) -> str:
        """The address."""
        return self.address

    @property
    def memory(self) -> CollectionState:
        """The stored state of the last push."""
        return load_state(
            Destination(kind=self.kind.name, address=self.address, user=self.user).state_file(self.state)
        )  # fmt: skip

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
        require_library(self.kind, self.address)
        self.check_password()
        self.memory.check()

    def check_password(self) -> None:
        """Raise if the password is missing."""
        self.password()

    def current(self) -> bytes | None:
        """Return the last completely pushed calendar, None if there is none."""
        return self.memory.body

    def deliver(self, body: bytes) -> bool:
        """Push the calendar's events; return False if nothing changed and it equals the last pushed calendar.

        Raise SinkUnavailable, SinkRefused or Interrupted; each event is then either the old or the new version.
        """
        memory = self.memory
        self.before_push()
        try:
            with memory.saving():
                changed = self.push(body, memory)
                return memory.complete(body) or changed
        except KeyboardInterrupt:
            raise Interrupted(self.kind.name, path=self.name) from None

    @abstractmethod
    def push(self, body: bytes, memory: CollectionState) -> bool:
        """Push the calendar's events and update the state; return whether anything changed. Raise DeliveryError."""
