"""POST to a service on the internet, and never to a machine in the network of this one.

A name must lead to public addresses only; they are looked up once and connected to, so that a second answer of the
name server does not count. No redirect is followed, and of the response only the status is used.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from scraper import __version__
from scraper.domain.urls import PORTS, is_safe
from scraper.system.network.authorities import tls_context

Outcome: TypeAlias = Literal["sent", "busy", "refused", "failed", "unreachable", "unanswered"]
"""The outcome of a request; nothing was sent if `unreachable`, and what was sent may have arrived if `unanswered`."""
SECONDS = 10.0
"""Time limit to connect to one address, and of the exchange after it."""
MOST_ADDRESSES = 4
TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("2002::/16"))
"""IPv6 addresses that lead to any IPv4 address (NAT64, 6to4)."""
BUSY = 429
_HEADERS = {"Content-Type": "application/json", "User-Agent": f"aurion-planning/{__version__}", "Connection": "close"}
_IP = IPv4Address | IPv6Address


def post_json(url: str, body: Mapping[str, object]) -> Outcome:
    """POST the body as JSON; nothing is raised. A host that the URL names by its address is not checked."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        if not is_safe(url):
            return "unreachable"
        connected = _connect(host, parts.port or PORTS[parts.scheme])
    except (OSError, ValueError):
        return "unreachable"
    # the connection never connects by itself: it has its socket
    connection = HTTPConnection(parts.netloc, timeout=SECONDS)
    with closing(connected), _time_limit(connected):
        try:
            if parts.scheme == "https":
                connected = tls_context(None).wrap_socket(connected, server_hostname=host)
        except (OSError, ValueError):
            return "unreachable"
        with closing(connected):
            connection.sock = connected
            try:
                target = f"{parts.path or '/'}{parts.query and f'?{parts.query}'}"
                connection.request("POST", target, json.dumps(body), _HEADERS)
                return _outcome(connection.getresponse().status)
            except (OSError, HTTPException, ValueError):
                return "unanswered"


def is_public(address: _IP) -> bool:
    """Return whether the address is of a machine on the internet, also behind a translation between IPv4 and IPv6."""
    return address.is_global and not address.is_multicast and not any(address in one for one in TRANSLATED)


def _connect(host: str, port: int) -> socket.socket:
    """Connect to the host. Raise OSError, also where one of its addresses is not public."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    places = list(dict.fromkeys(str(address[0]) for *_, address in found))[:MOST_ADDRESSES]
    if places != [host] and not all(is_public(ip_address(place)) for place in places):
        raise PermissionError
    errors = OSError()
    for place in places:
        try:
            return socket.create_connection((place, port), SECONDS)
        except OSError as error:
            errors = error
    raise errors


@contextmanager
def _time_limit(connected: socket.socket) -> Iterator[None]:
    """End the connection when its time is over: each byte that arrives would prolong a limit for one read."""
    with connected.dup() as same:  # TLS takes the given one over

        def end() -> None:
            with suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

        timer = Timer(SECONDS, end)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _outcome(status: int) -> Outcome:
    match status // 100:
        case 2:
            return "sent"
        case 3 | 4:
            return "busy" if status == BUSY else "refused"
    return "failed"
