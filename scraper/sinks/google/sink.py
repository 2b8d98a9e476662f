"""A calendar of Google as a destination."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import ClassVar

from scraper.domain.sink_kind import SinkKind
from scraper.domain.sink_kinds import GOOGLE
from scraper.errors import SinkRefused
from scraper.sinks.google.event_body import events_of
from scraper.sinks.google.google_calls import Call, calendar_id
from scraper.sinks.google.google_client import Endpoints, GoogleClient, open_client
from scraper.sinks.google.google_credentials import GoogleCredentials, parse_credentials
from scraper.sinks.google.google_push import GooglePush, read_changes
from scraper.sinks.push_sink import PushSink
from scraper.sinks.push_state import CollectionState


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleSink(PushSink):
    """A calendar, for the client that the destination's `user` names; the password is its stored credentials."""

    kind: ClassVar[SinkKind] = GOOGLE
    endpoints: Endpoints = field(default_factory=Endpoints)

    @property
    def calendar(self) -> str:
        """The calendar's id."""
        return calendar_id(self.name)

    def check_password(self) -> None:
        """Raise if the token is missing."""
        self._credentials()

    def push(self, body: bytes, memory: CollectionState) -> bool:
        """Push the events to the calendar."""
        wanted = events_of(body)
        with self.connect() as client:
            deleted = read_changes(client, self.calendar, memory, wanted)
            return GooglePush(client, self.calendar, memory, wanted, deleted).run()

    def verify(self) -> None:
        """Raise DeliveryError if the token is not valid, or the calendar does not exist any more."""
        with self.connect() as client:
            client.call(Call(method="GET", path=f"calendars/{self.calendar}"))

    def connect(self) -> AbstractContextManager[GoogleClient]:
        """Open a connection to Google for the duration of a block. Raise DeliveryError."""
        return open_client(
            self.name, self.connection.access(), self.endpoints, credentials=self._credentials(),
            deadline=monotonic() + self.connection.bound,
        )  # fmt: skip

    def _credentials(self) -> GoogleCredentials:
        if (found := parse_credentials(self.destination.user, self.connection.password())) is None:
            raise SinkRefused("google-expired", path=self.name)
        return found
