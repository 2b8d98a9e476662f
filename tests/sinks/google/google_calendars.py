"""Calendars at the fake Google, and their sinks."""

from pathlib import Path
from typing import Any

from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import GOOGLE_CALENDARS
from scraper.sinks.google.event_body import digest_of, events_of
from scraper.sinks.google.google_client import Endpoints
from scraper.sinks.google.google_credentials import GoogleCredentials
from scraper.sinks.google.sink import GoogleSink
from scraper.sinks.sink_service import SinkConnection
from scraper.system.network.access import Access
from tests.sinks.google.fake_google import CLIENT, CLIENT_SECRET, FakeGoogle


def endpoints_of(google: FakeGoogle) -> Endpoints:
    """Return the addresses of the fake Google."""
    at = google.address
    return Endpoints(
        api=f"{at}/calendar/v3/", batch=f"{at}/batch/calendar/v3", consent=f"{at}/auth", token=f"{at}/token",
        revoke=f"{at}/revoke",
    )  # fmt: skip


def sink_at(google: FakeGoogle, calendar: str, state: Path, **options: Any) -> GoogleSink:  # noqa: ANN401 - the sink's own
    """Return a sink for a calendar that exists, with a new token."""
    token = google.grant()
    stored = GoogleCredentials(client_id=CLIENT, client_secret=CLIENT_SECRET, refresh_token=token).to_text()
    return GoogleSink(
        destination=Destination(kind="google", address=f"{GOOGLE_CALENDARS}{calendar}/", user=CLIENT),
        connection=SinkConnection(**{"password": lambda: stored, "state": state, "access": Access, **options}),
        endpoints=endpoints_of(google),
    )


def new_sink(google: FakeGoogle, state: Path, **options: Any) -> GoogleSink:  # noqa: ANN401 - the sink's own
    """Return a sink for a new calendar."""
    made = google.new_calendar({"summary": "Planning", "timeZone": "Europe/Paris"})
    return sink_at(google, made["id"], state, **options)


def stored(google: FakeGoogle, sink: GoogleSink) -> dict[str, str]:
    """Return the digests of the events at Google by UID, without those of the user."""
    live = google.live(sink.calendar).values()
    ours = [one for one in live if "extendedProperties" in one]
    found = {one["extendedProperties"]["private"]["aurionUid"]: digest_of(one) for one in ours}
    assert len(found) == len(ours), "an event is there twice"
    return found


def expected(body: bytes) -> dict[str, str]:
    """Return the digests of a calendar's events by UID."""
    return {uid: event.digest for uid, event in events_of(body).items()}
