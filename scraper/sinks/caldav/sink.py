"""A CalDAV collection as a calendar destination: events are created, changed and deleted one by one, by UID.

Events edited on the server are left unchanged and reported; when the user deletes one there, the planning's event is
stored again. Other events in the collection are never touched. An interrupted push continues at the next one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from scraper.errors import Interrupted, SinkRefused
from scraper.sinks.caldav.client import PATIENCE, opened
from scraper.sinks.caldav.collection import Collection, RemoteObject
from scraper.sinks.caldav.objects import CalendarObject, pieces_of, uid_in, with_own_uids
from scraper.sinks.caldav.push import Push, seen
from scraper.sinks.caldav.retry_after import RetryBudget
from scraper.sinks.caldav.state import CollectionState, file_of, remembered
from scraper.sinks.sink import do_nothing
from scraper.system.network.access import Access

BOUND = 420.0
"""Time limit of a push in seconds; the next push does the rest. An unattended run is killed after ten minutes."""
FEW = 20
"""Maximum number of events fetched one by one; if more have changed there, all are fetched in one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalDavSink:
    """The collection at `address`; the state of the last push is stored in the folder `state`.

    `own_uids` gives the events other UIDs than in the account's other calendars. `budget` limits the waiting for a busy
    server. `access` returns the proxies and authorities of the settings. `password` is called when the password is
    needed. `before_push` is called before the push, when no other part of a run is in progress.
    """

    address: str
    user: str
    password: Callable[[], str] = field(repr=False)
    state: Path
    before_push: Callable[[], None] = do_nothing
    own_uids: bool = False
    bound: float = BOUND
    patience: float = PATIENCE
    budget: RetryBudget | None = None
    access: Callable[[], Access] | None = None

    @property
    def name(self) -> str:
        """The address."""
        return self.address

    def check(self) -> None:
        """Raise if the password is missing or the state file is not writable; the server is not asked.

        A run without changes then needs only one request.
        """
        self.password()
        self._memory().check()

    def current(self) -> bytes | None:
        """Return the last completely pushed calendar, None if there is none."""
        return self._memory().body

    @property
    def left(self) -> tuple[str, ...]:
        """UIDs of events edited on the server since the last push."""
        memory = self._memory()
        left = [uid for uid, one in memory.events.items() if one.left and not one.dropped]
        of = {uid: piece.of or uid for uid, piece in self._wanted(memory.body or b"").items()} if left else {}
        return tuple(of.get(uid, uid) for uid in left)

    def deliver(self, body: bytes) -> bool:
        """Push the calendar's events; return False if nothing changed and it equals the last pushed calendar.

        Raises SinkUnavailable, SinkRefused or Interrupted; each event is then either the old or the new version.
        """
        memory = self._memory()
        self.before_push()
        try:
            with _kept(memory), self._opened(memory) as there:
                wanted = self._wanted(body)
                _look(there, memory, wanted)
                changed = Push(there, memory, wanted, monotonic() + self.bound).run()
                changed, memory.body = changed or memory.body != body, body
        except KeyboardInterrupt:
            raise Interrupted("caldav", path=self.name) from None
        return changed

    def _wanted(self, body: bytes) -> dict[str, CalendarObject]:
        pieces = pieces_of(body)
        return with_own_uids(pieces, f"{self.user} {self.address}") if self.own_uids else pieces

    def _memory(self) -> CollectionState:
        return remembered(file_of(self.state, self.address, self.user))

    @contextmanager
    def _opened(self, memory: CollectionState) -> Iterator[Collection]:
        known, refused = memory.scheme, False
        with opened(
            self.address,
            self.user,
            self.password(),
            scheme=known,
            patience=self.patience,
            budget=self.budget,
            access=self.access() if self.access else None,
        ) as exchange:
            try:
                yield Collection(exchange)
            except SinkRefused as error:
                refused = error.reason == "caldav-password"
                raise
            finally:
                memory.scheme = "" if refused else exchange.scheme  # the server may have changed its scheme


@contextmanager
def _kept(memory: CollectionState) -> Iterator[None]:
    """Write the state at the end of the block, also after an error."""
    try:
        yield
    finally:
        memory.keep()


def _look(there: Collection, memory: CollectionState, wanted: Mapping[str, CalendarObject]) -> None:
    """Update the state with the changes on the server since the last push; one request if there are none."""
    listing = there.listing(memory.token)
    names = {one.name: uid for uid, one in memory.events.items()}
    for uid, one in list(memory.events.items()):
        if one.name in listing.gone or (listing.whole and one.name not in listing.etags):
            del memory.events[uid]
    changed = {
        name
        for name, etag in listing.etags.items()
        if name in names and not (etag and _etag_of(memory, names[name]) == etag)
    }
    ours = {f"{uid}.ics" for uid in wanted}
    # An event of the last push may have been stored without a response, under a name chosen by the server.
    is_sure = names and not memory.offered.keys() - memory.events.keys() - memory.refused.keys()
    strange = {name for name in listing.etags if name not in names and (not is_sure or name in ours)}
    for name, found in _found(there, changed | strange).items():
        uid = names.get(name) or uid_in(found.body)
        if uid in memory.events or uid in wanted:
            offered = memory.offered.get(uid, "")
            memory.events[uid] = seen(name, found, memory.events.get(uid), wanted.get(uid), offered)
    memory.token = listing.token


def _found(there: Collection, names: set[str]) -> dict[str, RemoteObject]:
    if len(names) > FEW:
        return {name: one for name, one in there.events().items() if name in names}
    return {name: one for name in sorted(names) if (one := there.event(name))}


def _etag_of(memory: CollectionState, uid: str) -> str:
    return memory.events[uid].etag if uid in memory.events else ""
