"""A calendar at a server of CalDAV: its events created, changed and taken away one by one, by their UID.

What somebody changed there by hand is theirs: it is left as it is, and told; whoever takes it away there gets the
planning's again. What stands there besides is never touched. A push that stops half-way goes on at the next one.
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
from scraper.system.network.access import Access

BOUND = 420.0
"""Seconds for a whole push; what is left then is for the next one. A run by itself is ended after ten minutes."""
FEW = 20
"""Events that are looked at one by one; where more have changed there, all are asked for at once."""


def _at_once() -> None:
    """Nothing to do before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalDavSink:
    """The collection at `address`; what was pushed is remembered in the folder `state`.

    `own_uids` gives the events other UIDs than in the account's other calendars. `budget` is how long a busy server is
    waited for. `access` gives the proxies and authorities of the settings. `password` is called when it is needed.
    `before_push` is called when nothing else of a run is under way.
    """

    address: str
    user: str
    password: Callable[[], str] = field(repr=False)
    state: Path
    before_push: Callable[[], None] = _at_once
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
        """Raise where the password is missing, or what is pushed could not be remembered; the server is not asked.

        A run without changes asks it once.
        """
        self.password()
        self._memory().check()

    def current(self) -> bytes | None:
        """The calendar as it was last pushed whole; None where it never was."""
        return self._memory().body

    @property
    def left(self) -> tuple[str, ...]:
        """The UIDs of the events that were changed there by hand."""
        memory = self._memory()
        left = [uid for uid, one in memory.events.items() if one.left and not one.dropped]
        of = {uid: piece.of or uid for uid, piece in self._wanted(memory.body or b"").items()} if left else {}
        return tuple(of.get(uid, uid) for uid in left)

    def deliver(self, body: bytes) -> bool:
        """Make the events there those of the calendar; False where they were, and it is the last one again.

        Raises SinkUnavailable, SinkRefused: each event is then the old or the new one. Interrupted likewise.
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
                memory.scheme = "" if refused else exchange.scheme  # it may want it another way since


@contextmanager
def _kept(memory: CollectionState) -> Iterator[None]:
    """What is remembered is written down at the end, however it comes."""
    try:
        yield
    finally:
        memory.keep()


def _look(there: Collection, memory: CollectionState, wanted: Mapping[str, CalendarObject]) -> None:
    """Take in what happened there since the last push: one exchange where nothing did."""
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
    # What was offered last may have been stored without an answer, and a server may give it a name of its own.
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
