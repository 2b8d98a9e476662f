"""A push to a calendar of Google: only the difference, in batches; each event is stored, edited there, or refused."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from time import monotonic
from typing import Any

from scraper.errors import SinkRefused, SinkUnavailable
from scraper.sinks.google.event_body import FINGERPRINT, UID, GoogleEvent, digest_of, id_of, private_of
from scraper.sinks.google.google_calls import IN_BATCH, Answer, Call, event_path
from scraper.sinks.google.google_client import GoogleClient
from scraper.sinks.push_state import MOST, CollectionState, ObjectState, join_labels
from scraper.sinks.sink_service import GONE

IN_PAGE = "2500"
"""The most events in an answer to a listing, which is Google's maximum."""
MOST_ROUNDS = 5
"""How often an event is tried in a push: it may change at Google meanwhile."""
SILENT = {"sendUpdates": "none"}


def read_changes(
    client: GoogleClient, calendar: str, memory: CollectionState, wanted: Collection[str]
) -> frozenset[str]:
    """Update the state with the changes at Google since the last push; return the UIDs of deleted events.

    One request if there are few changes. Raise DeliveryError.
    """
    items, token = _list(client, calendar, memory.token or "")
    if items is None:  # the token has expired
        memory.token = None
        items, token = _list(client, calendar, "")
    uids = {id_of(uid): uid for uid in [*memory.events, *wanted]}
    listed, deleted = set(), set()
    for item in items or ():
        uid = uids.get(item["id"]) or private_of(item).get(UID, "")
        if id_of(uid) != item["id"]:
            continue  # an event of the user
        if item.get("status") == "cancelled":
            memory.events.pop(uid, None)
            deleted.add(uid)
        else:
            memory.events[uid] = state_of(item, memory.events.get(uid))
            listed.add(uid)
    if not memory.token:
        memory.events = {uid: one for uid, one in memory.events.items() if uid in listed}
    memory.token = token
    return frozenset(deleted)


def _list(client: GoogleClient, calendar: str, token: str) -> tuple[list[Mapping[str, Any]] | None, str]:
    """Return all changed events and the next sync token; None if this one has expired."""
    query = {"maxResults": IN_PAGE, **({"syncToken": token} if token else {})}
    items: list[Mapping[str, Any]] = []
    while True:
        allowed = {HTTPStatus.GONE} if token else ()
        answer = client.call(Call(method="GET", path=event_path(calendar), query=query), allowed)
        if not answer.is_success:
            return None, ""
        items += answer.body.get("items", ())
        if not (page := answer.body.get("nextPageToken")):
            return items, str(answer.body.get("nextSyncToken", ""))
        query = {**query, "pageToken": str(page)}


def state_of(item: Mapping[str, Any], known: ObjectState | None) -> ObjectState:
    """Return the state of an event at Google: this program's version, or one that was edited there.

    After the state was lost, the fingerprint in the event shows which content was pushed.
    """
    if known and known.etag == item["etag"]:
        return known
    digest, pushed = digest_of(item), private_of(item).get(FINGERPRINT, "")
    if known and digest in {known.digest, known.kept}:
        return replace(known, etag=item["etag"], left=False)
    if digest == pushed:
        return ObjectState(name=item["id"], etag=item["etag"], digest=digest, kept=digest)
    return ObjectState(
        name=item["id"], etag=item["etag"], digest=known.digest if known else pushed, left=True,
        kept=known.kept if known else "",
    )  # fmt: skip


class GooglePush:
    """A push in progress, which ends at the client's deadline. `deleted` are UIDs of events deleted at Google."""

    def __init__(
        self,
        client: GoogleClient,
        calendar: str,
        memory: CollectionState,
        wanted: Mapping[str, GoogleEvent],
        deleted: Collection[str],
    ) -> None:
        self._client, self._calendar, self._memory, self._wanted = client, calendar, memory, wanted
        self._deleted = deleted
        self._tries: Counter[str] = Counter()
        self._refused: dict[str, str] = {}
        self._busy: set[str] = set()
        self._done = 0

    def run(self) -> bool:
        """Push all events; return whether anything changed. Raise DeliveryError after all possible steps."""
        steps = dict(self._steps())
        self._memory.shortened = tuple(uid for uid in steps if uid in self._wanted and self._wanted[uid].is_shortened)
        while steps:
            following: dict[str, Call] = {}
            for part in _chunks(steps.items(), IN_BATCH):
                if monotonic() > self._client.deadline:
                    left = len(steps) + len(following)
                    raise SinkUnavailable("google-slow", path=self._client.path, done=self._done, left=left)
                answers = self._client.send([call for _, call in part])
                for (uid, call), answer in zip(part, answers, strict=True):
                    if next_call := self._settle(uid, call, answer):
                        following[uid] = next_call
                self._memory.save()
                if all(answer.is_busy for answer in answers):
                    raise SinkUnavailable("google-busy", path=self._client.path, status=answers[0].status)
            steps = following
        if self._refused:
            raise self._refusal_error()
        if self._busy:
            raise SinkUnavailable("google-busy", path=self._client.path, status="")
        return self._done > 0

    def _steps(self) -> Iterator[tuple[str, Call]]:
        """Yield the first call for each event that differs, by UID."""
        self._memory.mark_dropped(self._wanted)
        known = self._memory.events
        for uid, event in self._wanted.items():
            if uid not in known:
                yield uid, self._update(event) if uid in self._deleted else self._insert(event)
            elif known[uid].digest != event.digest and not known[uid].left:
                yield uid, self._update(event, known[uid].etag)
        for uid, one in known.items():
            if uid not in self._wanted and not one.left:
                yield uid, self._delete(uid, one.etag)

    def _insert(self, event: GoogleEvent) -> Call:
        body = {"id": event.id, **event.resource}
        return Call(method="POST", path=event_path(self._calendar), query=SILENT, body=body)

    def _update(self, event: GoogleEvent, etag: str = "", sequence: int = 0) -> Call:
        """Return the call that replaces an event; Google refuses a sequence below that of its own version."""
        body = {**event.resource, "sequence": max(event.resource["sequence"], sequence)}
        return Call(method="PUT", path=event_path(self._calendar, event.id), query=SILENT, body=body, etag=etag)

    def _delete(self, uid: str, etag: str) -> Call:
        return Call(method="DELETE", path=event_path(self._calendar, id_of(uid)), query=SILENT, etag=etag)

    def _settle(self, uid: str, call: Call, answer: Answer) -> Call | None:
        """Record what became of a call; return the call that has to follow, if any."""
        self._tries[uid] += 1
        event = self._wanted.get(uid)
        if answer.is_busy:
            self._busy.add(uid)
        elif answer.is_success and call.method == "GET":
            return self._decide(uid, answer.body)
        elif answer.is_success or (call.method == "DELETE" and answer.status in GONE):
            self._record(uid, answer)
        elif self._tries[uid] < MOST_ROUNDS and (following := self._repair(uid, event, call, answer)):
            return following
        elif event is None and answer.status in GONE:
            self._memory.events.pop(uid, None)
        else:
            self._refused[uid] = answer.message or str(answer.status)
        return None

    def _record(self, uid: str, answer: Answer) -> None:
        self._done += 1
        if event := self._wanted.get(uid):
            etag, kept = str(answer.body["etag"]), digest_of(answer.body)
            self._memory.events[uid] = ObjectState(name=event.id, etag=etag, digest=event.digest, kept=kept)
        else:
            self._memory.events.pop(uid, None)

    def _repair(self, uid: str, event: GoogleEvent | None, call: Call, answer: Answer) -> Call | None:
        """Return the call that follows a conflict, None if there is none."""
        if event and call.method == "POST":
            if answer.status in GONE:
                raise SinkRefused("google-gone", path=self._client.path)
            # The id is taken: by a deleted event, or by an insertion without an answer.
            return self._update(event) if answer.status == HTTPStatus.CONFLICT else None
        if event and answer.status in GONE:
            return self._insert(event)
        is_outdated = answer.status == HTTPStatus.BAD_REQUEST and "sequence" in answer.message.lower()
        if answer.status == HTTPStatus.PRECONDITION_FAILED or is_outdated:
            return Call(method="GET", path=event_path(self._calendar, id_of(uid)))
        return None

    def _decide(self, uid: str, item: Mapping[str, Any]) -> Call | None:
        """Return the call for an event that was just read, None if it stays as it is."""
        event, sequence = self._wanted.get(uid), int(item.get("sequence", 0))
        if item.get("status") == "cancelled":
            self._memory.events.pop(uid, None)
            return self._update(event, item["etag"], sequence) if event else None
        state = state_of(item, self._memory.events.get(uid))
        state = self._memory.events[uid] = replace(state, dropped=state.left and event is None)
        if state.left or (event and state.digest == event.digest):
            return None
        return self._update(event, state.etag, sequence) if event else self._delete(uid, state.etag)

    def _refusal_error(self) -> SinkRefused:
        labels = sorted(self._wanted[uid].label if uid in self._wanted else uid for uid in self._refused)
        answer = Counter(self._refused.values()).most_common(1)[0][0]
        return SinkRefused(
            "google-refused", path=self._client.path, count=len(labels), named=join_labels(labels),
            events=labels[:MOST], answer=answer,
        )  # fmt: skip


def _chunks(steps: Iterable[tuple[str, Call]], size: int) -> Iterator[Sequence[tuple[str, Call]]]:
    rest = iter(steps)
    while part := list(islice(rest, size)):
        yield part
