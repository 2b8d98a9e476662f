"""A calendar of Google as a destination: events are created, changed and deleted by their UID.

Events edited at Google are left unchanged and reported; when the user deletes one there, the planning's event is stored
again. Other events in the calendar are never touched. An interrupted push continues at the next one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import GOOGLE, GOOGLE_CALENDARS
from scraper.errors import Interrupted, SinkRefused
from scraper.sinks.google.event_body import events_of
from scraper.sinks.google.google_calls import Call
from scraper.sinks.google.google_client import Endpoints, GoogleClient, open_client
from scraper.sinks.google.google_credentials import GoogleCredentials, parse_credentials
from scraper.sinks.google.google_push import GooglePush, read_changes
from scraper.sinks.push_state import CollectionState, load_state
from scraper.sinks.sink import do_nothing
from scraper.sinks.sink_service import PUSH_BOUND, require_library
from scraper.system.network.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleSink:
    """The calendar at `address`, for the client `user`; the state of the last push is stored in the folder `state`.

    `password` returns the credentials as they are stored. `access` returns the proxies and authorities of the settings.
    `before_push` is called before a push, when no other part of a run is in progress.
    """

    address: str
    user: str
    password: Callable[[], str] = field(repr=False)
    state: Path
    access: Callable[[], Access]
    before_push: Callable[[], None] = do_nothing
    bound: float = PUSH_BOUND
    endpoints: Endpoints = field(default_factory=Endpoints)

    @property
    def name(self) -> str:
        """The address."""
        return self.address

    @property
    def calendar(self) -> str:
        """The calendar's id."""
        return self.address.removeprefix(GOOGLE_CALENDARS).rstrip("/")

    @property
    def locally_modified(self) -> tuple[str, ...]:
        """UIDs of events edited at Google since the last push."""
        return self._memory().edited_uids

    @property
    def shortened(self) -> tuple[str, ...]:
        """UIDs of events of the last push with texts that are longer than Google's limits."""
        return self._memory().shortened

    def check(self) -> None:
        """Raise if the library or token is missing or the state file not writable; Google is not asked."""
        require_library(GOOGLE, self.address)
        self._credentials()
        self._memory().check()

    def current(self) -> bytes | None:
        """Return the last completely pushed calendar, None if there is none."""
        return self._memory().body

    def deliver(self, body: bytes) -> bool:
        """Push the calendar's events; return False if nothing changed and it equals the last pushed calendar.

        Raise SinkUnavailable, SinkRefused or Interrupted; each event is then either the old or the new version.
        """
        memory, wanted = self._memory(), events_of(body)
        self.before_push()
        try:
            with memory.saving(), self.connect() as client:
                deleted = read_changes(client, self.calendar, memory, wanted)
                changed = GooglePush(client, self.calendar, memory, wanted, deleted).run()
                return memory.complete(body) or changed
        except KeyboardInterrupt:
            raise Interrupted("google", path=self.name) from None

    def verify(self) -> None:
        """Raise DeliveryError if the token is not valid, or the calendar does not exist any more."""
        with self.connect() as client:
            answer = client.call(Call(method="GET", path=f"calendars/{self.calendar}"))
            if not answer.is_success:
                raise answer.to_error(self.name)

    @contextmanager
    def connect(self) -> Iterator[GoogleClient]:
        """Yield a connection to Google. Raise DeliveryError."""
        with open_client(
            self.name, self.access(), self.endpoints, credentials=self._credentials(), deadline=monotonic() + self.bound
        ) as client:
            yield client

    def _credentials(self) -> GoogleCredentials:
        if (found := parse_credentials(self.user, self.password())) is None:
            raise SinkRefused("google-expired", path=self.name)
        return found

    def _memory(self) -> CollectionState:
        return load_state(Destination(kind="google", address=self.address, user=self.user).state_file(self.state))
