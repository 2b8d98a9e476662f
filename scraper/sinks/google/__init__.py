"""A calendar of Google Calendar, which this program creates: it has access to no other."""

import re
from urllib.parse import unquote

from scraper.sinks.kind import SinkKind

CALENDARS = "https://www.googleapis.com/calendar/v3/calendars/"
CLIENT_ID, CLIENT_SECRET = "google_client_id", "google_client_secret"
"""The settings of an OAuth client for all accounts."""


def calendar_address(text: str) -> str:
    """Return the address of a calendar from its address or its id. Raise ValueError."""
    found = unquote(text.strip()).removeprefix(CALENDARS).rstrip("/")
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+", found, re.ASCII):
        raise ValueError
    return f"{CALENDARS}{found}/"


KIND = SinkKind(
    name="google",
    parse_address=calendar_address,
    keys={},
    options={"client_id": "client_id", "calendar": "name"},
    flags=("delete_calendar",),
    settings=(CLIENT_ID, CLIENT_SECRET),
    module="scraper.sinks.google.service",
    client="google",
    is_single=True,
    has_typed_password=False,
)
