"""The Google kind of sink: open a calendar, create one with the user's consent, and end the access."""

from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace

from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import CLIENT_ID, CLIENT_SECRET, GOOGLE_CALENDARS
from scraper.errors import CredentialsMissing, DeliveryError, SettingsError
from scraper.sinks.google.google_calls import Call, calendar_id
from scraper.sinks.google.google_client import Endpoints, GoogleClient, open_client
from scraper.sinks.google.google_consent import Consent, Query, request_consent
from scraper.sinks.google.google_credentials import parse_credentials
from scraper.sinks.google.sink import GoogleSink
from scraper.sinks.sink_service import GONE, Dialog, SetupRequest, SinkConnection, SinkService

SERVICE_NAME = "Google"
COLOR = {"backgroundColor": "#4285f4", "foregroundColor": "#ffffff"}


@dataclass(frozen=True, slots=True)
class GoogleService:
    """Google Calendar, at its addresses."""

    endpoints: Endpoints = field(default_factory=Endpoints)

    def open(self, destination: Destination, connection: SinkConnection) -> GoogleSink:
        """Return the sink of a calendar."""
        return GoogleSink(destination=destination, connection=connection, endpoints=self.endpoints)

    def choose(self, request: SetupRequest, dialog: Dialog) -> Destination:
        """Return the account's calendar, or a new one without an address, with its client. Raise SettingsError."""
        known = request.known[0] if request.known else Destination(kind="google", address="")
        if client_id := request.options.get("client_id") or known.user or request.defaults.get(CLIENT_ID):
            return replace(known, user=client_id)
        if not dialog.can_ask:
            raise SettingsError("google-which", name=request.account)
        return replace(known, user=dialog.ask("google.client_id"))

    def connect(self, destination: Destination, request: SetupRequest, dialog: Dialog) -> tuple[Destination, str]:
        """Ask for the user's consent; return the calendar, created where it does not exist, and the credentials."""
        secret = _client_secret(destination, request, dialog)
        with self._open_client(destination, request) as client:
            client.credentials = request_consent(client, destination.user, secret, dialog)
            return _connect(client, destination, request, dialog)

    def begin(self, destination: Destination, request: SetupRequest, dialog: Dialog, redirect: str) -> Consent:
        """Return a request for the user's consent; its answer comes to the address `redirect`. Raise AurionError."""
        secret = _client_secret(destination, request, dialog)
        # What is missing on this machine is found before the user is asked.
        with self._open_client(destination, request):
            pass
        return Consent(client_id=destination.user, client_secret=secret, redirect=redirect)

    def finish(
        self, consent: Consent, query: Query, destination: Destination, request: SetupRequest, dialog: Dialog
    ) -> tuple[Destination, str]:
        """Return what `connect` does, with the answer to a consent: the query of its address. Raise AurionError."""
        with self._open_client(destination, request) as client:
            client.credentials = consent.redeem(client, query)
            return _connect(client, destination, request, dialog)

    def verify(self, destination: Destination, connection: SinkConnection) -> None:
        """Raise DeliveryError if the token is not valid, or the calendar does not exist any more."""
        self.open(destination, connection).verify()

    def disconnect(self, destination: Destination, connection: SinkConnection, options: frozenset[str]) -> None:
        """Delete the calendar if the options want that, and revoke the token. Raise DeliveryError."""
        with self.open(destination, connection).connect() as client:
            if "delete_calendar" in options:
                client.call(Call(method="DELETE", path=_path(destination.address)), allowed=GONE)
            if found := parse_credentials(destination.user, connection.password()):
                client.post_form(self.endpoints.revoke, {"token": found.refresh_token})

    def _open_client(self, destination: Destination, request: SetupRequest) -> AbstractContextManager[GoogleClient]:
        if request.access is None:
            raise SettingsError("google-untried")
        return open_client(destination.address or SERVICE_NAME, request.access(), self.endpoints)


SERVICE: SinkService = GoogleService()


def _client_secret(destination: Destination, request: SetupRequest, dialog: Dialog) -> str:
    """Return the secret of the settings if the client is theirs, else a typed one. Raise CredentialsMissing."""
    secret = request.defaults.get(CLIENT_SECRET)
    if secret and destination.user == request.defaults.get(CLIENT_ID):
        return secret
    if not dialog.can_ask_secret:
        raise CredentialsMissing("google-password", path=destination.address or SERVICE_NAME)
    return dialog.ask_secret("google.password", user=destination.user)


def _connect(
    client: GoogleClient, destination: Destination, request: SetupRequest, dialog: Dialog
) -> tuple[Destination, str]:
    """Return the calendar, created where it does not exist, and the client's credentials."""
    if not (destination.address and _calendar_exists(client, destination.address)):
        name = request.options.get("calendar") or dialog.text("google.new_name")
        destination = replace(destination, address=_create(client, name, request.zone))
        dialog.show("google.made", name=name)
    return destination, client.credentials.to_text() if client.credentials else ""


def _path(address: str) -> str:
    return f"calendars/{calendar_id(address)}"


def _calendar_exists(client: GoogleClient, address: str) -> bool:
    return client.call(Call(method="GET", path=_path(address)), allowed=GONE).is_success


def _create(client: GoogleClient, name: str, zone: str) -> str:
    """Create a calendar and return its address; it has a colour of its own if Google accepts that."""
    answer = client.call(Call(method="POST", path="calendars", body={"summary": name, "timeZone": zone}))
    found = str(answer.body["id"])
    with suppress(DeliveryError):
        look = {"colorRgbFormat": "true"}
        client.call(Call(method="PATCH", path=f"users/me/calendarList/{found}", query=look, body=COLOR))
    return f"{GOOGLE_CALENDARS}{found}/"
