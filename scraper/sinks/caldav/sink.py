"""A CalDAV collection as a calendar destination: events are created, changed and deleted one by one, by UID.

Events edited on the server are left unchanged and reported; when the user deletes one there, the planning's event is
stored again. Other events in the collection are never touched. An interrupted push continues at the next one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import ClassVar

from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import CALDAV
from scraper.errors import Interrupted, SinkRefused
from scraper.sinks.caldav.client import REQUEST_TIMEOUT, open_client
from scraper.sinks.caldav.collection import Collection, RemoteObject
from scraper.sinks.caldav.objects import CalendarObject, split_calendar, uid_in, with_own_uids
from scraper.sinks.caldav.push import Push, state_of
from scraper.sinks.push_state import CollectionState, load_state
from scraper.sinks.retry_after import RetryBudget
from scraper.sinks.sink import do_nothing
from scraper.sinks.sink_service import PUSH_BOUND, require_library
from scraper.system.network.access import Access

MOST_SINGLE_REQUESTS = 20
"""Maximum number of events fetched one by one; if more have changed there, all are fetched in one request."""


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
        edited = memory.edited
        of = {uid: obj.of or uid for uid, obj in self._wanted(memory.body or b"").items()} if edited else {}
        return tuple(of.get(uid, uid) for uid in edited)

    def deliver(self, body: bytes) -> bool:
        """Push the calendar's events; return False if nothing changed and it equals the last pushed calendar.

        Raise SinkUnavailable, SinkRefused or Interrupted; each event is then either the old or the new version.
        """
        memory = self._memory()
        self.before_push()
        try:
            with memory.saving(), self._open_collection(memory) as collection:
                wanted = self._wanted(body)
                _update_memory(collection, memory, wanted)
                changed = Push(collection, memory, wanted, monotonic() + self.bound).run()
                return memory.complete(body) or changed
        except KeyboardInterrupt:
            raise Interrupted("caldav", path=self.name) from None

    def _wanted(self, body: bytes) -> dict[str, CalendarObject]:
        objects = split_calendar(body)
        return with_own_uids(objects, f"{self.user} {self.address}") if self.own_uids else objects

    def _memory(self) -> CollectionState:
        return load_state(Destination(kind="caldav", address=self.address, user=self.user).state_file(self.state))

    @contextmanager
    def _open_collection(self, memory: CollectionState) -> Iterator[Collection]:
        known, refused = memory.scheme, False
        with open_client(
            self.address,
            self.user,
            self.password(),
            scheme=known,
            patience=self.patience,
            budget=self.budget,
            access=self.access() if self.access else None,
        ) as client:
            try:
                yield Collection(client)
            except SinkRefused as error:
                refused = error.reason == "caldav-password"
                raise
            finally:
                memory.scheme = "" if refused else client.scheme  # the server may have changed its scheme


def _update_memory(collection: Collection, memory: CollectionState, wanted: Mapping[str, CalendarObject]) -> None:
    """Update the state with the changes on the server since the last push; one request if there are none."""
    listing = collection.listing(memory.token)
    names = {one.name: uid for uid, one in memory.events.items()}
    for uid, one in list(memory.events.items()):
        if one.name in listing.gone or (listing.whole and one.name not in listing.etags):
            del memory.events[uid]
    changed = {
        name
        for name, etag in listing.etags.items()
        if name in names and not (etag and (known := memory.events.get(names[name])) and known.etag == etag)
    }
    ours = {f"{uid}.ics" for uid in wanted}
    # An event of the last push may have been stored without a response, under a name chosen by the server.
    is_sure = names and not memory.offered.keys() - memory.events.keys() - memory.refused.keys()
    unknown = {name for name in listing.etags if name not in names and (not is_sure or name in ours)}
    for name, found in _fetch(collection, changed | unknown).items():
        uid = names.get(name) or uid_in(found.body)
        if uid in memory.events or uid in wanted:
            offered = memory.offered.get(uid, "")
            memory.events[uid] = state_of(name, found, memory.events.get(uid), wanted.get(uid), offered)
    memory.token = listing.token


def _fetch(collection: Collection, names: set[str]) -> dict[str, RemoteObject]:
    if len(names) > MOST_SINGLE_REQUESTS:
        return {name: one for name, one in collection.events().items() if name in names}
    return {name: one for name in sorted(names) if (one := collection.event(name))}
