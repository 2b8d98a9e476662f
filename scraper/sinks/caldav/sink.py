"""A CalDAV collection as a calendar destination: events are created, changed and deleted one by one, by UID.

Events edited on the server are left unchanged and reported; when the user deletes one there, the planning's event is
stored again. Other events in the collection are never touched. An interrupted push continues at the next one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import ClassVar

from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import CALDAV
from scraper.errors import Interrupted
from scraper.sinks.caldav.objects import CalendarObject, split_calendar, with_own_uids
from scraper.sinks.push_state import CollectionState, load_state
from scraper.sinks.retry_after import RetryBudget
from scraper.sinks.sink import do_nothing
from scraper.sinks.sink_service import PUSH_BOUND, REQUEST_TIMEOUT, library_errors, require_library
from scraper.system.network.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class CalDavSink:
    """The collection at `address`; the state of the last push is stored in the folder `state`.

    `own_uids` gives the events other UIDs than in the account's other calendars. `budget` limits the waiting for a busy
    server. `access` returns the proxies and authorities of the settings. `password` is called when the password is
    needed. `before_push` is called before a push, when no other part of a run is in progress.
    """

    address: str
    user: str
    password: Callable[[], str] = field(repr=False)
    state: Path
    before_push: Callable[[], None] = do_nothing
    own_uids: bool = False
    bound: float = PUSH_BOUND
    patience: float = REQUEST_TIMEOUT
    shortened: ClassVar[tuple[str, ...]] = ()
    budget: RetryBudget | None = None
    access: Callable[[], Access] | None = None

    @property
    def name(self) -> str:
        """The address."""
        return self.address

    def check(self) -> None:
        """Raise if the library or password is missing or the state file not writable; the server is not asked.

        A run without changes then needs only one request.
        """
        require_library(CALDAV, self.address)
        self.password()
        self._memory().check()

    def current(self) -> bytes | None:
        """Return the last completely pushed calendar, None if there is none."""
        return self._memory().body

    @property
    def locally_modified(self) -> tuple[str, ...]:
        """UIDs of events edited on the server since the last push."""
        memory = self._memory()
        edited = memory.edited_uids
        of = {uid: obj.of or uid for uid, obj in self._wanted_objects(memory.body or b"").items()} if edited else {}
        return tuple(of.get(uid, uid) for uid in edited)

    def deliver(self, body: bytes) -> bool:
        """Push the calendar's events; return False if nothing changed and it equals the last pushed calendar.

        Raise SinkUnavailable, SinkRefused or Interrupted; each event is then either the old or the new version.
        """
        memory = self._memory()
        self.before_push()
        try:
            with memory.saving():
                with library_errors(CALDAV, self.address):
                    from scraper.sinks.caldav.collection_push import push_to_collection  # noqa: PLC0415 - slow to import
                changed = push_to_collection(
                    self.address, self.user, self.password(), self._wanted_objects(body), memory,
                    deadline=monotonic() + self.bound, patience=self.patience, budget=self.budget, access=self.access,
                )  # fmt: skip
                return memory.complete(body) or changed
        except KeyboardInterrupt:
            raise Interrupted("caldav", path=self.name) from None

    def _wanted_objects(self, body: bytes) -> dict[str, CalendarObject]:
        objects = split_calendar(body)
        return with_own_uids(objects, f"{self.user} {self.address}") if self.own_uids else objects

    def _memory(self) -> CollectionState:
        return load_state(Destination(kind="caldav", address=self.address, user=self.user).state_file(self.state))
