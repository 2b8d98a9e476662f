"""A CalDAV collection as a calendar destination."""

from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from scraper.domain.sink_kind import SinkKind
from scraper.domain.sink_kinds import CALDAV
from scraper.sinks.caldav.objects import CalendarObject, split_calendar, with_own_uids
from scraper.sinks.push_sink import PushSink
from scraper.sinks.push_state import CollectionState
from scraper.sinks.retry_after import RetryBudget
from scraper.sinks.sink_service import REQUEST_TIMEOUT, library_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class CalDavSink(PushSink):
    """A collection; `budget` limits the waiting for a busy server."""

    kind: ClassVar[SinkKind] = CALDAV
    patience: float = REQUEST_TIMEOUT
    budget: RetryBudget | None = None

    @property
    def locally_modified(self) -> tuple[str, ...]:
        """UIDs of events edited on the server since the last push."""
        memory = self.memory
        edited = memory.edited_uids
        of = {uid: obj.of or uid for uid, obj in self._wanted_objects(memory.body or b"").items()} if edited else {}
        return tuple(of.get(uid, uid) for uid in edited)

    def push(self, body: bytes, memory: CollectionState) -> bool:
        """Push the events to the collection."""
        with library_errors(CALDAV, self.name):
            from scraper.sinks.caldav import client, collection_push  # noqa: PLC0415 - slow to import
        deadline = monotonic() + self.connection.bound
        with client.open_client(
            self.name, self.destination.user, self.connection.password(), scheme=memory.scheme, patience=self.patience,
            budget=self.budget, access=self.connection.access(),
        ) as opened:  # fmt: skip
            return collection_push.push_to_collection(opened, self._wanted_objects(body), memory, deadline)

    def _wanted_objects(self, body: bytes) -> dict[str, CalendarObject]:
        """Return the events by UID; on request with other UIDs than in the account's other calendars."""
        objects, has_own_uids = split_calendar(body), self.destination.options.get("uids") == "own"
        return with_own_uids(objects, f"{self.destination.user} {self.name}") if has_own_uids else objects
