"""A push to a CalDAV collection; each event is stored, unchanged, edited on the server, or refused."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from time import monotonic

from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable
from scraper.sinks.caldav.client import printable_address
from scraper.sinks.caldav.collection import Collection, RemoteObject, Stored
from scraper.sinks.caldav.objects import CalendarObject, digest_of, label_of, uid_in, with_end
from scraper.sinks.caldav.refusals import refusal_error
from scraper.sinks.caldav.server_reason import ServerReason, reason_in
from scraper.sinks.push_state import CollectionState, ObjectState, RefusedObject

BETWEEN = 25
"""Events pushed between two writes of the state file."""
PROBES = 3
"""Events refused by the last push that are retried first, per kind of refusal; the rest only if one succeeds."""
MOST_ALIKE = 20
"""Refusals in a row, without a success or an event-specific reason, after which the push stops sending events."""
MOST_BROKEN = 5
"""Internal server errors in a row after which the push ends."""
WHOLE_COLLECTION = frozenset({"caldav-password", "caldav-redirect", "caldav-extra"})
"""Reasons of refusals that concern the whole collection."""
CONFLICTS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT})
"""Statuses with which servers refuse a second event with the same UID without giving a reason."""
BROKEN = frozenset({HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.LOCKED, HTTPStatus.INTERNAL_SERVER_ERROR})
"""Statuses of temporary errors that can also concern a single event."""
WITHOUT_END = frozenset({400, 403, 404, 409, 415, 422})
"""Statuses with which servers refuse an event without an end."""


def state_of(
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
    """A push in progress, which ends at the time `deadline` of the monotonic clock."""

    def __init__(
        self, collection: Collection, memory: CollectionState, wanted: Mapping[str, CalendarObject], deadline: float
    ) -> None:
        self._collection, self._memory, self._wanted, self._deadline = collection, memory, wanted, deadline
        self._events_by_uid: dict[str, tuple[str, RemoteObject]] | None = None
        self._probed: Counter[str] = Counter()
        self._created: set[str] = set()
        self._stored: set[str] = set()
        self._done = self._alike = self._broken = 0

    def run(self) -> bool:
        """Push all events; return whether anything changed. Raise DeliveryError after all possible steps."""
        steps = self._steps()
        self._memory.offered = {uid: obj.digest for uid, obj in steps.items() if obj}
        if steps:
            self._memory.save()
        for number, (uid, obj) in enumerate(steps.items()):
            if monotonic() > self._deadline:
                raise SinkUnavailable(
                    "caldav-slow", path=self._collection.address, done=number, left=len(steps) - number
                )
            self._push(uid, obj)
            if number % BETWEEN == BETWEEN - 1:
                self._memory.save()
        self._confirm()
        refused = self._memory.refused
        for uid in [uid for uid in refused if uid not in steps]:
            del refused[uid]
        if refused:
            raise refusal_error(self._collection.address, refused.values())
        return self._done > 0

    def _steps(self) -> dict[str, CalendarObject | None]:
        """Return the objects to store, or None for a deletion, by UID; those refused before come last."""
        self._memory.mark_dropped(self._wanted)
        known, refused = self._memory.events, self._memory.refused
        todo: dict[str, CalendarObject | None] = {
            uid: obj
            for uid, obj in self._wanted.items()
            if uid not in known or (known[uid].digest != obj.digest and not known[uid].left)
        }
        todo |= {uid: None for uid, one in known.items() if uid not in self._wanted and not one.left}
        repeated = [uid for uid in refused if uid in todo]
        return {uid: todo[uid] for uid in [*(uid for uid in todo if uid not in refused), *repeated]}

    def _push(self, uid: str, obj: CalendarObject | None) -> None:
        before = self._memory.refused.get(uid)
        repeated = before if before and before.digest == (obj.digest if obj else "") else None
        if repeated and self._probed[repeated.kind] >= PROBES:
            return
        try:
            if obj:
                self._put(obj)
            else:
                self._delete(uid)
        except (SinkRefused, SinkUnavailable) as error:
            self._record_failure(uid, obj, error)
            self._probed[repeated.kind if repeated else ""] += 1
        else:
            self._memory.refused.pop(uid, None)
            self._probed[repeated.kind if repeated else ""] -= len(self._memory.refused) + PROBES
            self._broken = 0

    def _record_failure(self, uid: str, obj: CalendarObject | None, error: DeliveryError) -> None:
        """Record the refusal of an event. Raise the error if it concerns more than this event."""
        reason, is_broken = reason_in(error), isinstance(error, SinkUnavailable)
        self._broken = self._broken + 1 if is_broken else 0
        if error.reason in WHOLE_COLLECTION or (
            is_broken and (reason.status not in BROKEN or self._broken >= MOST_BROKEN)
        ):
            raise error
        self._refuse(uid, obj, reason.kind, reason.words, printable_address(reason.href) if reason.href else "")
        self._alike = self._alike + 1 if reason.kind == "other" and not self._done else 0
        if self._alike == MOST_ALIKE:
            for other, one in self._steps().items():
                if other not in self._memory.refused:
                    self._refuse(other, one, reason.kind, reason.words)
            self._probed[reason.kind] = PROBES

    def _refuse(self, uid: str, obj: CalendarObject | None, kind: str, words: str, at: str = "") -> None:
        label = obj.label if obj else self._label(uid)
        self._memory.refused.pop(uid, None)  # moves it to the end: retries follow the order of refusals
        self._memory.refused[uid] = RefusedObject(
            digest=obj.digest if obj else "", label=label, kind=kind, words=words, at=at
        )

    def _label(self, uid: str) -> str:
        if (before := self._memory.refused.get(uid)) and before.label:
            return before.label
        with suppress(DeliveryError):
            if found := self._collection.event(self._memory.events[uid].name):
                return label_of(found.body)
        return uid

    def _put(self, obj: CalendarObject) -> None:
        ended = with_end(obj.body)
        try:
            self._store(obj, ended if ended and self._memory.ends else obj.body)
        except SinkRefused as error:
            reason = reason_in(error)
            if not ended or self._memory.ends or reason.status not in WITHOUT_END or reason.kind != "other":
                raise
            self._store(obj, ended)
            self._memory.ends = True

    def _store(self, obj: CalendarObject, body: bytes) -> None:
        known = self._memory.events.get(obj.uid)
        if known:
            stored = self._collection.replace(known.name, body, known.etag)
            if stored is None:  # it changed since the listing
                stored = self._replace_found(obj, body, known.name) or self._create(obj, body)
        else:
            stored = self._create(obj, body)
        if stored.name:
            self._memory.events[obj.uid] = ObjectState(name=stored.name, etag=stored.etag, digest=obj.digest)
            self._stored.add(obj.uid)
            self._done += 1

    def _create(self, obj: CalendarObject, body: bytes) -> Stored:
        name = f"{obj.uid}.ics"
        try:
            stored = self._collection.create(name, body)
        except SinkRefused as error:
            reason = reason_in(error)
            may_be_taken = reason.kind == "taken" or reason.status in CONFLICTS
            taken = may_be_taken and self._replace_taken(obj, body, self._collection.name_at(reason.href))
            if not taken:
                raise
            return taken
        if stored is not None:
            self._created.add(obj.uid)
            return stored
        found = self._replace_found(obj, body, name) or self._replace_taken(obj, body, "")
        if not found:
            raise self._precondition_error("no-uid-conflict")
        return found

    def _replace_taken(self, obj: CalendarObject, body: bytes, name: str) -> Stored | None:
        """Replace the event with this UID in this collection; return None if it is in another collection."""
        if name and (found := self._replace_found(obj, body, name)):
            return found
        at = self._fetch_all().get(obj.uid)
        return self._replace_found(obj, body, at[0]) if at else None

    def _replace_found(self, obj: CalendarObject, body: bytes, name: str) -> Stored | None:
        """Replace the event of that name unless it was edited on the server; return None if it is gone.

        The returned name is empty if nothing had to be stored.
        """
        found = self._collection.event(name)
        if found is None or uid_in(found.body) != obj.uid:
            return None
        known = self._memory.events.get(obj.uid)
        state = state_of(name, found, known, obj, self._memory.offered.get(obj.uid, ""))
        self._memory.events[obj.uid] = state
        if state.left or state.digest == obj.digest:
            return Stored("", "")
        # Some servers reject even their own ETag; the event was just read and is this program's, so replace it anyway.
        stored = self._collection.replace(name, body, found.etag) or self._collection.replace(name, body, "")
        if stored is None:
            raise self._precondition_error()
        return stored

    def _precondition_error(self, condition: str = "") -> SinkRefused:
        reason = ServerReason(status=HTTPStatus.PRECONDITION_FAILED.value, condition=condition)
        return SinkRefused("caldav-status", path=self._collection.address, **reason.facts)

    def _fetch_all(self) -> dict[str, tuple[str, RemoteObject]]:
        """Return the name and content of all events of the collection by UID; fetched once per push."""
        if self._events_by_uid is None:
            found = self._collection.events()
            self._events_by_uid = {uid_in(one.body): (name, one) for name, one in found.items()}
        return self._events_by_uid

    def _delete(self, uid: str) -> None:
        known = self._memory.events[uid]
        if not self._collection.delete(known.name, known.etag) and (found := self._collection.event(known.name)):
            state = state_of(known.name, found, known, None)
            if state.left:  # edited since the listing; kept, as the event may be wanted again
                self._memory.events[uid] = state
                return
            if not self._collection.delete(known.name, found.etag):
                self._collection.delete(known.name, "")
        self._done += 1
        del self._memory.events[uid]

    def _confirm(self) -> None:
        """Check that created events exist and under which name; get the ETags that the server did not send."""
        events = self._memory.events
        unknown = [uid for uid, one in events.items() if not one.etag]
        if not self._created and not unknown:
            return
        etags = self._collection.listing(self._memory.token).etags
        for uid in unknown:
            events[uid] = replace(events[uid], etag=etags.get(events[uid].name, ""))
        missing = [uid for uid in self._created if uid in events and events[uid].name not in etags]
        silent = [uid for uid in unknown if uid in self._stored and not events[uid].etag and uid not in missing]
        self._events_by_uid = None
        for uid in missing:
            self._find(uid)
        for uid in silent:
            if at := self._fetch_all().get(uid):
                events[uid] = replace(events[uid], etag=at[1].etag, kept=digest_of(at[1].body))

    def _find(self, uid: str) -> None:
        """Find an event that the server accepted but does not list; record it as refused if it does not exist."""
        known = self._memory.events[uid]
        if at := self._fetch_all().get(uid):
            self._memory.events[uid] = replace(known, name=at[0], etag=at[1].etag)
        elif not self._collection.event(known.name):
            del self._memory.events[uid]
            self._refuse(uid, self._wanted.get(uid), "lost", "")
            self._done -= 1
