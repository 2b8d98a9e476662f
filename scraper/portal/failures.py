"""Errors of this program for Chromium's network errors and the portal's status codes."""

import re
from dataclasses import dataclass

from scraper.domain.recording import Snapshot
from scraper.errors import (
    ActionNeeded,
    AurionError,
    OtherProduct,
    PortalChanged,
    PortalError,
    PortalUnavailable,
    SettingsError,
    ViewExpired,
)
from scraper.portal.launch_errors import clean_message, shorten

DROPPED = (
    "ERR_CONNECTION_RESET", "ERR_CONNECTION_CLOSED", "ERR_EMPTY_RESPONSE", "ERR_CONTENT_LENGTH_MISMATCH",
    "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_HTTP2_", "ERR_QUIC_", "ERR_SOCKET_NOT_CONNECTED", "ERR_NETWORK_CHANGED",
    "cut", "failed",
)  # fmt: skip
REASONS = {
    "offline": ("ERR_INTERNET_DISCONNECTED",),
    "tls-authority": ("ERR_CERT_AUTHORITY_INVALID",),
    "tls-date": ("ERR_CERT_DATE_INVALID",),
    "tls-name": ("ERR_CERT_COMMON_NAME_INVALID",),
    "tls": ("ERR_CERT", "ERR_SSL", "ERR_BAD_SSL"),
    "redirects": ("ERR_TOO_MANY_REDIRECTS",),
    "dropped": DROPPED,
}
"""Reasons of PortalUnavailable, with the prefixes of Chromium's error names."""
NO_ADDRESS = frozenset({"ERR_UNSAFE_PORT", "ERR_INVALID_URL", "ERR_DISALLOWED_URL_SCHEME"})
NOT_NOW = frozenset({403, 408, 425, 429})
SHUT = frozenset({"ERR_NAME_NOT_RESOLVED", "ERR_TUNNEL_CONNECTION_FAILED"})
"""Chromium's errors for a host that is not allowed in this run: without a proxy, and behind one."""
VIEW_GONE = re.compile(r"ViewExpired|could not be restored", re.IGNORECASE)
SUPERSEDED = ("ERR_ABORTED", "NS_BINDING_ABORTED", "interrupted by another navigation")
GATEWAY = frozenset({502, 503, 504})
PASSING = frozenset({"dropped", "gateway"})
"""Reasons of PortalUnavailable that are retried: a dropped connection, a cut response, 502, 503, 504."""


def is_passing(error: Exception) -> bool:
    """Return whether the same request may succeed some seconds later."""
    return isinstance(error, PortalUnavailable) and error.reason in PASSING


def is_superseded(failure: str) -> bool:
    """Return whether the page itself replaced one navigation by another."""
    return any(sign in failure for sign in SUPERSEDED)


@dataclass(slots=True, kw_only=True)
class Navigation:
    """The outcome of the last navigation, at its last redirect; `redirects` are the addresses before that.

    `plain` is true where the last address was unencrypted.
    """

    status: int = 200
    failure: str = ""
    host: str = ""
    redirects: tuple[str, ...] = ()
    plain: bool = False
    downloaded: bool = False


def navigation_error(failure: str, navigation: Navigation, portal: str) -> AurionError:
    """Return the error for a document that did not load.

    Chromium shows its own page for an error status without a body. A redirect to a plain http page of another host is
    not the portal's: a captive network does that until its terms are accepted.
    """
    if navigation.plain and navigation.host not in {"", portal}:
        return PortalUnavailable("captive", host=navigation.host)
    if navigation.downloaded:
        return OtherProduct("not-aurion", host=navigation.host or portal)
    if "ERR_HTTP_RESPONSE_CODE_FAILURE" in failure:
        return status_error(navigation.status, portal) or PortalChanged("not-found", address=portal)
    return network_error(failure, navigation.host, portal)


def network_error(failure: str, host: str, portal: str) -> AurionError:
    """Return the error for a network error (`net::ERR_…`) on the way to `host`; `portal` is the portal's host."""
    found = re.search(r"ERR_\w+", failure)
    name = found[0] if found else failure[:80]
    if name in SHUT and host and host != portal:
        return ActionNeeded("other-host", host=host)
    if name == "ERR_NAME_NOT_RESOLVED":
        return PortalUnavailable("dns", host=portal)
    if name in NO_ADDRESS:
        return SettingsError("address", address=portal)
    reason = next((reason for reason, signs in REASONS.items() if name.startswith(signs)), "connection")
    return PortalUnavailable(reason, host=host or portal, detail=name)


def browser_error(message: str, *, windowed: bool) -> PortalUnavailable:
    """Return the error for a failure of the running browser: it has ended, its page crashed, or another."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "")
    if "crashed" in line:
        return PortalUnavailable("crashed")
    if "closed" in line:
        return PortalUnavailable("closed" if windowed else "stopped")
    return PortalUnavailable("browser", detail=shorten(clean_message(line)))


def status_error(status: int, portal: str, detail: str = "") -> PortalError | None:
    """Return the error for a status code; None where the page decides."""
    if status in GATEWAY:
        return PortalUnavailable("gateway", host=portal, status=status, detail=detail)
    if status >= 500 or status in NOT_NOW:  # noqa: PLR2004 - a server's own errors
        return PortalUnavailable("status", host=portal, status=status, detail=detail)
    return None


def page_error(page: Snapshot, portal: str) -> PortalError | None:
    """Return the error for a page's status, or for JSF's page about an expired view; None for a usable page."""
    if page.status >= 400 and VIEW_GONE.search(f"{page.title} {page.text}"):  # noqa: PLR2004 - an error's status
        return ViewExpired("view-expired")
    if error := status_error(page.status, portal, " ".join(page.messages)[:200]):
        return error
    if page.status in {404, 410} and not page.forms:
        return PortalChanged("not-found", address=page.address)
    return None
