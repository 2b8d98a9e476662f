"""A calendar at a server of CalDAV: its events created, changed and taken away one by one, by their UID.

What somebody changed there by hand is theirs: it is left as it is, and told; whoever takes it away there gets the
planning's again. What stands there besides is never touched. A push that stops half-way goes on at the next one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from scraper.errors import DeliveryError, Interrupted, SinkRefused, SinkUnavailable
from scraper.sinks.collection import Collection, There
from scraper.sinks.exchange import PATIENCE, opened
from scraper.sinks.pieces import Piece, digest_of, pieces_of, uid_in
from scraper.sinks.pushed import Pushed, Remembered, file_of, remembered

BOUND = 420.0
"""Seconds for a whole push; what is left then is for the next one. A run by itself is ended after ten minutes."""
BETWEEN = 25
"""Events pushed between two notes of how far it came."""
FEW = 20
"""Events that are looked at one by one; where more have changed there, all are asked for at once."""
MOST_REFUSED = 5
"""Events that a server may refuse before no more are offered."""
NOT_ONE = frozenset({"caldav-password", "caldav-redirect", "caldav-extra"})
"""Refusals that are not about one event."""


def _at_once() -> None:
    """Nothing to do before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalDavSink:
    """The collection at `address`; what was pushed is remembered in the folder `state`.

    `password` is called when it is needed. `before_push` is called when nothing else of a run is under way.
    """

    address: str
    user: str
    password: Callable[[], str] = field(repr=False)
    state: Path
    before_push: Callable[[], None] = _at_once
    bound: float = BOUND
    patience: float = PATIENCE

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
        """The UIDs of the events that are somebody else's now, changed there by hand."""
        return tuple(uid for uid, one in self._memory().events.items() if one.left)

    def deliver(self, body: bytes) -> bool:
        """Make the events there those of the calendar; False where they were, and it is the last one again.

        Raises SinkUnavailable, SinkRefused: each event is then the old or the new one. Interrupted likewise.
        """
        memory = self._memory()
        self.before_push()
        try:
            with _kept(memory), self._opened(memory) as there:
                wanted = pieces_of(body)
                _look(there, memory, wanted)
                changed = _Push(there, memory, wanted, monotonic() + self.bound).run()
                changed, memory.body = changed or memory.body != body, body
        except KeyboardInterrupt:
            raise Interrupted("caldav", path=self.name) from None
        return changed

    def _memory(self) -> Remembered:
        return remembered(file_of(self.state, self.address, self.user))

    @contextmanager
    def _opened(self, memory: Remembered) -> Iterator[Collection]:
        known, refused = memory.scheme, False
        with opened(self.address, self.user, self.password(), scheme=known, patience=self.patience) as exchange:
            try:
                yield Collection(exchange)
            except SinkRefused as error:
                refused = error.reason == "caldav-password"
                raise
            finally:
                memory.scheme = "" if refused else exchange.scheme  # it may want it another way since


@contextmanager
def _kept(memory: Remembered) -> Iterator[None]:
    """What is remembered is written down at the end, however it comes."""
    try:
        yield
    finally:
        memory.keep()


def _look(there: Collection, memory: Remembered, wanted: Mapping[str, Piece]) -> None:
    """Takes in what happened there since the last push: one exchange where nothing did."""
    listing = there.listing(memory.token)
    names = {one.name: uid for uid, one in memory.events.items()}
    for uid, one in list(memory.events.items()):
        if one.name in listing.gone or (listing.whole and one.name not in listing.etags):
            del memory.events[uid]
    changed = {name for name, etag in listing.etags.items() if name in names and _etag_of(memory, names[name]) != etag}
    ours = {_name_of(uid) for uid in wanted}
    strange = {name for name in listing.etags if name not in names and (not names or name in ours)}
    for name, found in _found(there, changed | strange).items():
        uid = names.get(name) or uid_in(found.body)
        if uid in memory.events or uid in wanted:
            memory.events[uid] = _seen(name, found, memory.events.get(uid), wanted.get(uid))
    memory.token = listing.token


def _found(there: Collection, names: set[str]) -> dict[str, There]:
    if len(names) > FEW:
        return {name: one for name, one in there.events().items() if name in names}
    return {name: one for name in sorted(names) if (one := there.event(name))}


def _seen(name: str, found: There, known: Pushed | None, wanted: Piece | None) -> Pushed:
    """What is to be remembered of an event there: as we pushed it, or want it; else somebody changed it."""
    digest = digest_of(found.body)
    ours = [one.digest for one in (known, wanted) if one]
    if digest in ours:
        return Pushed(name=name, etag=found.etag, digest=digest)
    return Pushed(name=name, etag=found.etag, digest=ours[0], left=True)


def _etag_of(memory: Remembered, uid: str) -> str:
    return memory.events[uid].etag if uid in memory.events else ""


def _name_of(uid: str) -> str:
    return f"{uid}.ics"


class _Push:
    """One push on its way, until `over`, by the monotonic clock."""

    def __init__(self, there: Collection, memory: Remembered, wanted: Mapping[str, Piece], over: float) -> None:
        self._there, self._memory, self._wanted, self._over = there, memory, wanted, over
        self._refused: list[DeliveryError] = []
        self._done = 0

    def run(self) -> bool:
        """Whether anything was changed. Raises DeliveryError once what can be done is done."""
        known = self._memory.events
        todo = [piece for uid, piece in self._wanted.items() if uid not in known or known[uid].digest != piece.digest]
        gone = [uid for uid in known if uid not in self._wanted]
        steps: list[Piece | str] = [*todo, *gone]
        for number, step in enumerate(steps):
            if monotonic() > self._over:
                raise SinkUnavailable("caldav-slow", path=self._there.address, done=number, left=len(steps) - number)
            self._one(step)
            if number % BETWEEN == BETWEEN - 1:
                self._memory.keep()
        if any(not one.etag for one in known.values()):
            self._learn()
        if self._refused:
            raise self._refused[0]
        return self._done > 0

    def _one(self, step: Piece | str) -> None:
        try:
            if isinstance(step, Piece):
                self._put(step)
            else:
                self._take_away(step)
        except SinkRefused as error:
            if error.reason in NOT_ONE or len(self._refused) + 1 >= MOST_REFUSED:
                raise
            self._refused.append(error)

    def _put(self, piece: Piece) -> None:
        known = self._memory.events.get(piece.uid)
        if known and known.left:
            return
        name = known.name if known else _name_of(piece.uid)
        etag = self._there.put(name, piece.body, known.etag if known else "")
        if etag is None:  # somebody was there since we looked
            found = self._there.event(name)
            seen = _seen(name, found, known, piece) if found else None
            if seen and (seen.left or seen.digest == piece.digest):
                self._memory.events[piece.uid] = seen
                return
            etag = self._there.put(name, piece.body, seen.etag if seen else "")
        if etag is not None:
            self._memory.events[piece.uid] = Pushed(name=name, etag=etag, digest=piece.digest)
            self._done += 1

    def _take_away(self, uid: str) -> None:
        known = self._memory.events[uid]
        if not known.left:
            self._done += self._there.delete(known.name, known.etag) or self._away_as_it_is_now(known)
        del self._memory.events[uid]

    def _away_as_it_is_now(self, known: Pushed) -> bool:
        """Where only its ETag is another than when we looked."""
        found = self._there.event(known.name)
        return bool(found and digest_of(found.body) == known.digest and self._there.delete(known.name, found.etag))

    def _learn(self) -> None:
        """The ETags that the server did not tell when it took the events."""
        listing = self._there.listing(self._memory.token)
        for uid, one in self._memory.events.items():
            if not one.etag:
                self._memory.events[uid] = replace(one, etag=listing.etags.get(one.name, ""))
