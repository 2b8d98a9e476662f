"""What Chromium's network errors and the portal's status codes mean to us."""

from scraper.errors import ActionNeeded, OtherProduct, PortalChanged, PortalError, PortalUnavailable, SettingsError
from scraper.recording import Snapshot

DROPPED = (
    "ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED", "ERR_EMPTY_RESPONSE", "ERR_CONTENT_LENGTH_MISMATCH",
    "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_HTTP2_", "ERR_QUIC_", "ERR_SOCKET_NOT_CONNECTED", "ERR_NETWORK_CHANGED",
    "cut", "failed",
)  # fmt: skip
SUPERSEDED = ("ERR_ABORTED", "NS_BINDING_ABORTED", "interrupted by another navigation")
GATEWAY = frozenset({502, 503, 504})
PASSING = frozenset({"dropped", "gateway"})
"""Reasons of PortalUnavailable that are tried again: a connection dropped, an answer cut, 502, 503, 504."""


def is_passing(error: Exception) -> bool:
    """Whether the same request may well succeed some seconds later."""
    return isinstance(error, PortalUnavailable) and error.reason in PASSING


def is_superseded(failure: str) -> bool:
    """Whether the page itself left one address for another."""
    return any(sign in failure for sign in SUPERSEDED)


def of_navigation(failure: str, host: str, portal: str) -> Exception:
    """What a failed navigation to `host` means on the way to the portal's own host."""
    name = failure[failure.index("ERR_") :].split(maxsplit=1)[0] if "ERR_" in failure else failure[:80]
    if "ERR_NAME_NOT_RESOLVED" in failure and host and host != portal:
        return ActionNeeded("other-host", host=host)
    if "ERR_NAME_NOT_RESOLVED" in failure:
        return PortalUnavailable("dns", host=portal)
    if "ERR_CERT" in failure or "ERR_SSL" in failure or "ERR_BAD_SSL" in failure:
        return PortalUnavailable("tls", host=host or portal, said=name)
    if any(sign in failure for sign in DROPPED):
        return PortalUnavailable("dropped", host=portal, said=name)
    if "ERR_TIMED_OUT" in failure or "ERR_CONNECTION_TIMED_OUT" in failure:
        return PortalUnavailable("connection", host=portal, said=name)
    if any(sign in failure for sign in ("ERR_UNSAFE_PORT", "ERR_INVALID_URL", "ERR_DISALLOWED_URL_SCHEME")):
        return SettingsError("address", address=portal)
    if "ERR_TOO_MANY_REDIRECTS" in failure:
        return PortalUnavailable("redirects", host=portal)
    return PortalUnavailable("connection", host=portal, said=name)


def of_status(status: int, portal: str, said: str = "") -> PortalError | None:
    """What a status says by itself; None where the page decides."""
    if status in GATEWAY:
        return PortalUnavailable("gateway", host=portal, status=status, said=said)
    if status >= 500 or status in {403, 408, 425, 429}:  # noqa: PLR2004 - server errors and refusals for now
        return PortalUnavailable("status", host=portal, status=status, said=said)
    return None


def of_page(page: Snapshot, portal: str, *, first: bool) -> PortalError | None:
    """What the status of a whole page says; a page not found is no Aurion at first, a change later."""
    if error := of_status(page.status, portal, " ".join(page.messages)[:200]):
        return error
    if page.status in {404, 410} and not page.forms:
        return OtherProduct("not-found", host=portal) if first else PortalChanged("not-found", address=page.address)
    return None
