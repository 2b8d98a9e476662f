"""The kinds of services to which a calendar is pushed: CalDAV (RFC 4791) and Google Calendar.

Settings, commands, deliveries and checks know them from here only. What implements them is in `scraper.sinks`.
"""

import re
from urllib.parse import unquote, urlsplit

from scraper.domain.sink_kind import SinkKind
from scraper.domain.urls import PORTS, host_of, is_safe

GOOGLE_CALENDARS = "https://www.googleapis.com/calendar/v3/calendars/"
CLIENT_ID, CLIENT_SECRET = "google_client_id", "google_client_secret"
"""The settings of an OAuth client for all accounts."""


def collection_root(address: str) -> str:
    """Return the address of a CalDAV calendar with a final slash: https, or http on loopback.

    Raise ValueError where it is invalid, the root of a server, or contains a login, a query or a fragment.
    """
    root = server_root(address)
    if urlsplit(root).path == "/":
        raise ValueError
    return root


def server_root(address: str) -> str:
    """Return the address of a server, or of any place there, with a final slash; raise as `collection_root`."""
    parts = urlsplit(address.strip())
    safe = (parts.scheme == "https" and parts.hostname) or is_safe(address.strip())
    if not safe or "@" in parts.netloc or re.search(r"[\s?#]", address.strip()):
        raise ValueError
    port = "" if parts.port in {None, PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host_of(parts)}{port}{parts.path.rstrip('/')}/"


def google_calendar(text: str) -> str:
    """Return the address of a calendar of Google's from its address or its id. Raise ValueError."""
    found = unquote(text.strip()).removeprefix(GOOGLE_CALENDARS).rstrip("/")
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+", found, re.ASCII):
        raise ValueError
    return f"{GOOGLE_CALENDARS}{found}/"


def _uids(text: str) -> str:
    if (choice := text.strip().lower()) not in {"own", "same"}:
        raise ValueError
    return choice


CALDAV = SinkKind(
    name="caldav",
    parse_address=collection_root,
    keys={"uids": _uids},
    options={"url": "url", "user": "name", "calendar": "name"},
    module="scraper.sinks.caldav.service",
    library="caldav",
)
GOOGLE = SinkKind(
    name="google",
    parse_address=google_calendar,
    keys={},
    options={"client_id": "client_id", "calendar": "name"},
    flags=("delete_calendar",),
    settings=(CLIENT_ID, CLIENT_SECRET),
    module="scraper.sinks.google.service",
    library="httpx",
    client="google",
    is_single=True,
    has_typed_password=False,
)
SINK_KINDS: dict[str, SinkKind] = {kind.name: kind for kind in (CALDAV, GOOGLE)}
