"""Answers of a CalDAV server in XML (RFC 4918 §13, RFC 4791)."""

import re
from xml.sax.saxutils import escape

HOME = "/dav/anna/"
NAMESPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://sabredav.org/ns"'


def uid_of(body: str) -> str:
    """Return the UID of an event."""
    found = re.search(r"^UID:(.*)\r?$", body, re.MULTILINE)
    return found[1].strip() if found else ""


def home() -> str:
    """Return the property that names the user's home."""
    return f"<c:calendar-home-set><d:href>{HOME}</d:href></c:calendar-home-set>"


def calendar(path: str, name: str) -> str:
    """Return the response of a calendar."""
    kinds = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
    return response(path, f"{kinds}<d:displayname>{escape(name)}</d:displayname>")


def response(path: str, props: str) -> str:
    """Return a response with these properties."""
    return (
        f"<d:response><d:href>{path}</d:href><d:propstat><d:prop>{props}</d:prop><d:status>HTTP/1.1 200 OK</d:status>"
        "</d:propstat></d:response>"
    )


def multistatus(inner: str) -> tuple[int, str, dict[str, str]]:
    """Return an answer with these responses."""
    return 207, f'<?xml version="1.0"?><d:multistatus {NAMESPACES}>{inner}</d:multistatus>', {}


def error(status: int, inner: str) -> tuple[int, str, dict[str, str]]:
    """Return a refusal with this content."""
    return status, f'<?xml version="1.0"?><d:error {NAMESPACES}>{inner}</d:error>', {}
