"""A calendar on a CalDAV server (RFC 4791)."""

from scraper.sinks.caldav.addresses import collection_root
from scraper.sinks.kind import SinkKind


def _uids(text: str) -> str:
    if (choice := text.strip().lower()) not in {"own", "same"}:
        raise ValueError
    return choice


KIND = SinkKind(
    name="caldav",
    parse_address=collection_root,
    keys={"uids": _uids},
    options={"url": "url", "user": "name", "calendar": "name"},
    module="scraper.sinks.caldav.service",
)
