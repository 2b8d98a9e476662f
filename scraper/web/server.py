"""The HTTP server: it serves until a signal, with threads for other work beside it."""

import errno
import socket
from collections.abc import Callable, Sequence
from threading import Event

import uvicorn
from starlette.types import ASGIApp

from scraper.errors import SettingsError
from scraper.system.network.localhost import resolvable
from scraper.system.repeat import run_beside
from scraper.web.connection import Connection

IDLE = 15
"""Seconds for which an idle connection stays open."""
GRACE = 3
"""Seconds that responses in progress get when the server stops."""
BACKLOG = 1024
ANYWHERE = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # noqa: S104 - a user may choose it
ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Documentation addresses (RFC 5737, 3849): the route to them shows this machine's address in its network."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raise SettingsError("serve-taken") or ("serve-address")."""
    try:
        family, *_, address = socket.getaddrinfo(resolvable(host), port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise SettingsError("serve-taken", port=port) from None
        reason = str(getattr(error, "strerror", None) or type(error).__name__).partition(" (while ")[0]
        raise SettingsError("serve-address", host=host, port=port, detail=reason) from None


def network_address() -> str:
    """Return this machine's IPv4 address in its network; a loopback address where there is no network."""
    return _outgoing_address(socket.AF_INET)


def server_url(listening: socket.socket, root_path: str = "") -> str:
    """Return the server's URL without a trailing slash; a wildcard becomes this machine's network address."""
    host, port = listening.getsockname()[:2]
    if host in ANYWHERE:
        host = _outgoing_address(ANYWHERE[host])
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root_path}"


def create_server(application: ASGIApp, *, proxy_headers: bool = False) -> uvicorn.Server:
    """Return a server with limited connections; it logs no requests, because their paths are secrets."""
    return uvicorn.Server(
        uvicorn.Config(
            application, http=Connection, ws="none", lifespan="off", loop="asyncio", log_config=None, log_level="error",
            access_log=False, server_header=False, proxy_headers=proxy_headers, timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=GRACE, backlog=BACKLOG,
        )
    )  # fmt: skip


def run_server(
    server: uvicorn.Server,
    listening: socket.socket,
    *,
    ready: Callable[[], None] = lambda: None,
    beside: Sequence[Callable[[Event], None]] = (),
) -> None:
    """Serve until a signal.

    `ready` is called once the server answers. Each function of `beside` runs in a thread and gets an event that is set
    at the end.
    """

    def announce(over: Event) -> None:
        while not server.started and not over.wait(0.01):
            pass
        if server.started:
            ready()

    with run_beside(announce, *beside, patience=GRACE * 4):
        serve_socket(server, listening)


def serve_socket(server: uvicorn.Server, listening: socket.socket) -> None:
    """Run the server until `should_exit`, and close the socket: asked during its start, a server leaves it open."""
    with listening:
        server.run(sockets=[listening])


def _outgoing_address(family: socket.AddressFamily) -> str:
    """Return this machine's address in its network, from the system's routing table; nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((ELSEWHERE[family], 9))
            return str(probe.getsockname()[0])
    except OSError:
        return "127.0.0.1" if family == socket.AF_INET else "::1"
