"""A push to a CalDAV collection; each event is stored, unchanged, edited on the server, or refused."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from time import monotonic

from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable
from scraper.sinks.caldav.client import place_of
from scraper.sinks.caldav.collection import Collection, RemoteObject, Stored
from scraper.sinks.caldav.objects import CalendarObject, digest_of, label_of, uid_in, with_end
from scraper.sinks.caldav.refusals import refusal_of
from scraper.sinks.caldav.server_reason import ServerReason, reason_in
from scraper.sinks.caldav.state import CollectionState, ObjectState, RefusedObject

BETWEEN = 25
"""Events pushed between two writes of the state file."""
PROBES = 3
"""Events refused by the last push that are retried first, per kind of refusal; the rest only if one succeeds."""
MOST_ALIKE = 20
"""Refusals in a row, without a success or an event-specific reason, after which the push stops sending events."""
MOST_BROKEN = 5
"""Internal server errors in a row after which the push ends."""
NOT_ONE = frozenset({"caldav-password", "caldav-redirect", "caldav-extra"})
"""Reasons of refusals that concern the whole collection."""
CONFLICTS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT})
"""Statuses with which servers refuse a second event with the same UID without giving a reason."""
BROKEN = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.LOCKED, HTTPStatus.INTERNAL_SERVER_ERROR})
"""Statuses of temporary errors that can also concern a single event."""
WITHOUT_END = frozenset({400, 403, 404, 409, 415, 422})
"""Statuses with which servers refuse an event without an end."""


def seen(
    name: str, found: RemoteObject, known: ObjectState | None, wanted: CalendarObject | None, offered: str = ""
) -> ObjectState:
    """Return the state of an event on the server: this program's version (pushed, sent or wanted) or an edited one."""
    digest = digest_of(found.body)
    ours = [one.digest for one in (known, wanted) if one]
    if digest in {*ours, offered}:
        return ObjectState(name=name, etag=found.etag, digest=digest)
    if known and known.etag and found.etag == known.etag:
        return replace(known, name=name)
    if known and digest == known.kept:
        return replace(known, name=name, etag=found.etag, left=False)
    return ObjectState(name=name, etag=found.etag, digest=ours[0], left=True, kept=known.kept if known else "")


class Push:
    """A push in progress, which ends at the time `over` of the monotonic clock."""

    def __init__(
        self, there: Collection, memory: CollectionState, wanted: Mapping[str, CalendarObject], over: float
    ) -> None:
        self._there, self._memory, self._wanted, self._over = there, memory, wanted, over
        self._everything: dict[str, tuple[str, RemoteObject]] | None = None
        self._probed: Counter[str] = Counter()
        self._created: set[str] = set()
        self._stored: set[str] = set()
        self._done = self._alike = self._broken = 0

    def run(self) -> bool:
        """Push all events; return whether anything changed. Raise DeliveryError after all possible steps."""
        steps = self._steps()
        self._memory.offered = {uid: piece.digest for uid, piece in steps.items() if piece}
        if steps:
            self._memory.keep()
        for number, (uid, piece) in enumerate(steps.items()):
            if monotonic() > self._over:
                raise SinkUnavailable("caldav-slow", path=self._there.address, done=number, left=len(steps) - number)
            self._one(uid, piece)
            if number % BETWEEN == BETWEEN - 1:
                self._memory.keep()
        self._confirm()
        refused = self._memory.refused
        for uid in [uid for uid in refused if uid not in steps]:
            del refused[uid]
        if refused:
            raise refusal_of(self._there.address, refused.values())
        return self._done > 0

    def _steps(self) -> dict[str, CalendarObject | None]:
        """Return the objects to store, or None for a deletion, by UID; those refused before come last."""
        known, refused = self._memory.events, self._memory.refused
        known |= {uid: replace(one, dropped=uid not in self._wanted) for uid, one in known.items() if one.left}
        todo: dict[str, CalendarObject | None] = {
            uid: piece
            for uid, piece in self._wanted.items()
            if uid not in known or (known[uid].digest != piece.digest and not known[uid].left)
        }
        todo |= {uid: None for uid, one in known.items() if uid not in self._wanted and not one.left}
        again = [uid for uid in refused if uid in todo]
        return {uid: todo[uid] for uid in [*(uid for uid in todo if uid not in refused), *again]}

    def _one(self, uid: str, piece: CalendarObject | None) -> None:
        before = self._memory.refused.get(uid)
        again = before if before and before.digest == (piece.digest if piece else "") else None
        if again and self._probed[again.kind] >= PROBES:
            return
        try:
            if piece:
                self._put(piece)
            else:
                self._take_away(uid)
        except (SinkRefused, SinkUnavailable) as error:
            self._note(uid, piece, error)
            self._probed[again.kind if again else ""] += 1
        else:
            self._memory.refused.pop(uid, None)
            self._probed[again.kind if again else ""] -= len(self._memory.refused) + PROBES
            self._broken = 0

    def _note(self, uid: str, piece: CalendarObject | None, error: DeliveryError) -> None:
        """Record the refusal of an event. Raise the error if it concerns more than this event."""
        reason, is_broken = reason_in(error), isinstance(error, SinkUnavailable)
        self._broken = self._broken + 1 if is_broken else 0
        if error.reason in NOT_ONE or (is_broken and (reason.status not in BROKEN or self._broken >= MOST_BROKEN)):
            raise error
        self._refuse(uid, piece, reason.kind, reason.words, place_of(reason.href) if reason.href else "")
        self._alike = self._alike + 1 if reason.kind == "other" and not self._done else 0
        if self._alike == MOST_ALIKE:
            for other, one in self._steps().items():
                if other not in self._memory.refused:
                    self._refuse(other, one, reason.kind, reason.words)
            self._probed[reason.kind] = PROBES

    def _refuse(self, uid: str, piece: CalendarObject | None, kind: str, words: str, at: str = "") -> None:
        label = piece.label if piece else self._label(uid)
        self._memory.refused.pop(uid, None)  # moves it to the end: retries follow the order of refusals
        self._memory.refused[uid] = RefusedObject(
            digest=piece.digest if piece else "", label=label, kind=kind, words=words, at=at
        )

    def _label(self, uid: str) -> str:
        if (before := self._memory.refused.get(uid)) and before.label:
            return before.label
        with suppress(DeliveryError):
            if found := self._there.event(self._memory.events[uid].name):
                return label_of(found.body)
        return uid

    def _put(self, piece: CalendarObject) -> None:
        longer = with_end(piece.body)
        try:
            self._store(piece, longer if longer and self._memory.ends else piece.body)
        except SinkRefused as error:
            reason = reason_in(error)
            if not longer or self._memory.ends or reason.status not in WITHOUT_END or reason.kind != "other":
                raise
            self._store(piece, longer)
            self._memory.ends = True

    def _store(self, piece: CalendarObject, body: bytes) -> None:
        known = self._memory.events.get(piece.uid)
        if known:
            stored = self._there.replace(known.name, body, known.etag)
            if stored is None:  # it changed since the listing
                stored = self._over_found(piece, body, known.name) or self._create(piece, body)
        else:
            stored = self._create(piece, body)
        if stored.name:
            self._memory.events[piece.uid] = ObjectState(name=stored.name, etag=stored.etag, digest=piece.digest)
            self._stored.add(piece.uid)
            self._done += 1

    def _create(self, piece: CalendarObject, body: bytes) -> Stored:
        name = f"{piece.uid}.ics"
        try:
            stored = self._there.create(name, body)
        except SinkRefused as error:
            reason = reason_in(error)
            may_be_taken = reason.kind == "taken" or reason.status in CONFLICTS
            taken = may_be_taken and self._over_taken(piece, body, self._there.name_at(reason.href))
            if not taken:
                raise
            return taken
        if stored is not None:
            self._created.add(piece.uid)
            return stored
        found = self._over_found(piece, body, name) or self._over_taken(piece, body, "")
        if not found:
            raise self._precondition_failed("no-uid-conflict")
        return found

    def _over_taken(self, piece: CalendarObject, body: bytes, name: str) -> Stored | None:
        """Replace the event with this UID in this collection; return None if it is in another collection."""
        if name and (found := self._over_found(piece, body, name)):
            return found
        at = self._all().get(piece.uid)
        return self._over_found(piece, body, at[0]) if at else None

    def _over_found(self, piece: CalendarObject, body: bytes, name: str) -> Stored | None:
        """Replace the event of that name unless it was edited on the server; return None if it is gone.

        The returned name is empty if nothing had to be stored.
        """
        found = self._there.event(name)
        if found is None or uid_in(found.body) != piece.uid:
            return None
        known = self._memory.events.get(piece.uid)
        state = seen(name, found, known, piece, self._memory.offered.get(piece.uid, ""))
        self._memory.events[piece.uid] = state
        if state.left or state.digest == piece.digest:
            return Stored("", "")
        # Some servers reject even their own ETag; the event was just read and is this program's, so replace it anyway.
        stored = self._there.replace(name, body, found.etag) or self._there.replace(name, body, "")
        if stored is None:
            raise self._precondition_failed()
        return stored

    def _precondition_failed(self, condition: str = "") -> SinkRefused:
        reason = ServerReason(status=HTTPStatus.PRECONDITION_FAILED.value, condition=condition)
        return SinkRefused("caldav-status", path=self._there.address, **reason.facts)

    def _all(self) -> dict[str, tuple[str, RemoteObject]]:
        """Return the name and content of all events of the collection by UID; fetched once per push."""
        if self._everything is None:
            found = self._there.events()
            self._everything = {uid_in(one.body): (name, one) for name, one in found.items()}
        return self._everything

    def _take_away(self, uid: str) -> None:
        known = self._memory.events[uid]
        if not self._there.delete(known.name, known.etag) and (found := self._there.event(known.name)):
            state = seen(known.name, found, known, None)
            if state.left:  # edited since the listing; kept, as the event may be wanted again
                self._memory.events[uid] = state
                return
            if not self._there.delete(known.name, found.etag):
                self._there.delete(known.name, "")
        self._done += 1
        del self._memory.events[uid]

    def _confirm(self) -> None:
        """Check that created events exist and under which name; get the ETags that the server did not send."""
        events = self._memory.events
        unknown = [uid for uid, one in events.items() if not one.etag]
        if not self._created and not unknown:
            return
        etags = self._there.listing(self._memory.token).etags
        for uid in unknown:
            events[uid] = replace(events[uid], etag=etags.get(events[uid].name, ""))
        missing = [uid for uid in self._created if uid in events and events[uid].name not in etags]
        silent = [uid for uid in unknown if uid in self._stored and not events[uid].etag and uid not in missing]
        self._everything = None
        for uid in missing:
            self._find(uid)
        for uid in silent:
            if at := self._all().get(uid):
                events[uid] = replace(events[uid], etag=at[1].etag, kept=digest_of(at[1].body))

    def _find(self, uid: str) -> None:
        """Find an event that the server accepted but does not list; record it as refused if it does not exist."""
        known = self._memory.events[uid]
        if at := self._all().get(uid):
            self._memory.events[uid] = replace(known, name=at[0], etag=at[1].etag)
        elif not self._there.event(known.name):
            del self._memory.events[uid]
            self._refuse(uid, self._wanted.get(uid), "lost", "")
            self._done -= 1
