"""The feed on a port: until it is told to end, with what goes on beside it."""

import errno
import socket
from collections.abc import Callable, Sequence
from threading import Event, Thread

import uvicorn
from starlette.applications import Starlette

from scraper.errors import SettingsError
from scraper.web.connection import Connection

IDLE = 15
"""Seconds that a connection is kept for the next request."""
GRACE = 3
"""Seconds that answers under way have when the server ends."""
BACKLOG = 1024
ANYWHERE = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # noqa: S104 - what a user may ask for
ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses of nobody (RFC 5737, 3849): the way to them tells which own one others see."""


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises SettingsError: "serve-taken", "serve-address"."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise SettingsError("serve-taken", port=port) from None
        said = str(getattr(error, "strerror", None) or type(error).__name__).partition(" (while ")[0]
        raise SettingsError("serve-address", host=host, port=port, said=said) from None


def address_of(listening: socket.socket, root_path: str = "") -> str:
    """Its address, without a slash at the end; of one that listens everywhere, that which the network knows."""
    host, port = listening.getsockname()[:2]
    if host in ANYWHERE:
        host = _seen_by_others(ANYWHERE[host])
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root_path}"


def server_of(application: Starlette, *, proxy_headers: bool = False) -> uvicorn.Server:
    """A server whose connections are bounded; it logs nothing of a request, whose path is a secret."""
    return uvicorn.Server(
        uvicorn.Config(
            application, http=Connection, ws="none", lifespan="off", loop="asyncio", log_config=None, log_level="error",
            access_log=False, server_header=False, proxy_headers=proxy_headers, timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=GRACE, backlog=BACKLOG,
        )
    )  # fmt: skip


def run(
    server: uvicorn.Server,
    listening: socket.socket,
    *,
    ready: Callable[[], None] = lambda: None,
    beside: Sequence[Callable[[Event], None]] = (),
) -> None:
    """Serves until a signal comes. `ready` is called once it answers; each of `beside` gets what tells its end."""
    over = Event()

    def announce(over: Event) -> None:
        while not server.started and not over.wait(0.01):
            pass
        if server.started:
            ready()

    threads = [Thread(target=part, args=(over,), daemon=True) for part in (announce, *beside)]
    for thread in threads:
        thread.start()
    try:
        server.run(sockets=[listening])
    finally:
        over.set()
        for thread in threads:
            thread.join(GRACE * 4)


def _seen_by_others(family: socket.AddressFamily) -> str:
    """By asking the system for its way out; nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((ELSEWHERE[family], 9))
            return str(asked.getsockname()[0])
    except OSError:
        return "127.0.0.1" if family == socket.AF_INET else "::1"
