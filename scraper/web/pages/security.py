"""What every request to the page must be, and what every answer of it says to the browser."""

from collections.abc import Awaitable, Iterable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names that no foreign page can have: one that had its own name lead here keeps that name (DNS rebinding)."""
METHODS = ("GET", "HEAD", "POST")
FOREIGN = frozenset({"cross-site", "same-site"})
NO_SUCH_METHOD = 405
MOST_BYTES = 262_144
HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class SecurityMiddleware:
    """Lets through what was meant for this page and sent by it, by the names in `hosts` and loopback's."""

    def __init__(self, application: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._application = application
        self._hosts = {*LOOPBACK, *hosts}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """One request (ASGI): passed on, or refused without a word."""
        if scope["type"] != "http":
            return self._application(scope, receive, send)
        if status := self._refusal(scope["method"], Headers(scope=scope)):
            headers = {"allow": ", ".join(METHODS)} if status == NO_SUCH_METHOD else None
            return Response(status_code=status, headers=headers)(scope, receive, send)

        def sending(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            return send(message)

        return self._application(scope, receive, sending)

    def _refusal(self, method: str, headers: Headers) -> int | None:
        host = headers.get("host", "")
        if host_name(host) not in self._hosts:
            return 404
        if method not in METHODS:
            return NO_SUCH_METHOD
        if method in {"GET", "HEAD"}:
            is_followed = headers.get("sec-fetch-mode", "navigate") == "navigate"  # else another site's page embeds it
            return None if is_followed or headers.get("sec-fetch-site") not in FOREIGN else 403
        origin = headers.get("origin")
        if origin is not None and origin not in {f"http://{host}", f"https://{host}"}:
            return 403
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return 403
        return None if _is_short(headers) else 413


def _is_short(headers: Headers) -> bool:
    """Whether the body has a length, and that is small; one in pieces has none, whatever is said beside."""
    length = headers.get("content-length", "").lstrip("0") or "0"
    digits = len(str(MOST_BYTES))
    is_told = "content-length" in headers and "transfer-encoding" not in headers
    return is_told and length.isdecimal() and len(length) <= digits and int(length) <= MOST_BYTES


def host_name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()
