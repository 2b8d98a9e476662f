"""Checks on every request to the page, and security headers on every response."""

from collections.abc import Awaitable, Iterable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Host names that no other site can have: a site that resolves to this machine keeps its own name (DNS rebinding)."""
METHODS = ("GET", "HEAD", "POST")
FOREIGN = frozenset({"cross-site", "same-site"})
NO_SUCH_METHOD = 405
MOST_BYTES, MOST_FILE_BYTES = 262_144, 64_000_000
"""The most bytes of a form, and of the one form with a file."""
WITH_FILE = "/restore"
"""How the path of that form ends; without the secret path before it, the body is not read."""
HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; "
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
    """ASGI middleware that passes on only requests for this page, sent by the page itself or typed by the user.

    `hosts` are accepted host names besides the loopback names, `headers` further headers of every response.
    """

    def __init__(
        self, application: ASGIApp, hosts: Iterable[str] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        self._application = application
        self._hosts = {*LOOPBACK, *hosts}
        self._headers = {**HEADERS, **(headers or {})}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, or answer with a status and no body."""
        if scope["type"] != "http":
            return self._application(scope, receive, send)
        if status := self._refusal(scope["method"], scope["path"], Headers(scope=scope)):
            headers = {"allow": ", ".join(METHODS)} if status == NO_SUCH_METHOD else None
            return Response(status_code=status, headers=headers)(scope, receive, send)

        def send_with_headers(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            return send(message)

        return self._application(scope, receive, send_with_headers)

    def _refusal(self, method: str, path: str, headers: Headers) -> int | None:
        """Return the status with which the request is refused; None where it is accepted."""
        host = headers.get("host", "")
        if host_name(host) not in self._hosts:
            return 404
        if method not in METHODS:
            return NO_SUCH_METHOD
        if method in {"GET", "HEAD"}:
            is_navigation = headers.get("sec-fetch-mode", "navigate") == "navigate"  # otherwise another site embeds it
            return None if is_navigation or headers.get("sec-fetch-site") not in FOREIGN else 403
        origin = headers.get("origin")
        if origin is not None and origin not in {f"http://{host}", f"https://{host}"}:
            return 403
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return 403
        return None if _is_short(headers, MOST_FILE_BYTES if path.endswith(WITH_FILE) else MOST_BYTES) else 413


def _is_short(headers: Headers, most: int) -> bool:
    """Return whether the body has a known length of at most `most`; a chunked one has none, despite its headers."""
    length = headers.get("content-length", "").lstrip("0") or "0"
    digits = len(str(most))
    has_length = "content-length" in headers and "transfer-encoding" not in headers
    return has_length and length.isdecimal() and len(length) <= digits and int(length) <= most


def host_name(host: str) -> str:
    """Return a Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()
