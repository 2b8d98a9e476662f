"""A local proxy between the browser and the network that passes only the declared hosts.

Chromium's host resolver rules have no effect behind a proxy, which resolves names itself; and Chromium's proxy
settings support neither a list of allowed hosts nor a login. So Chromium uses this gate as its proxy. The gate listens
on loopback, for processes of the same user only, and only the gate has the real proxy's login.
"""

import os
import socket
import ssl
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from scraper.errors import AurionError, PortalUnavailable
from scraper.system.network.access import Access
from scraper.system.network.localhost import LOOPBACK
from scraper.system.network.proxies import PORTS, Hop, Proxies
from scraper.system.network.services import is_service
from scraper.system.network.tunnel import (
    WANTS_LOGIN,
    connect_to_proxy,
    open_connection,
    proxy_authorization,
    receive_head,
    relay,
    response_status,
    to_proxy_error,
)

_SECONDS = 30.0
"""Seconds to establish a connection."""
_PAUSE = 0.1
"""Seconds after which a connection is accepted again that could not be."""
NAME = "gate.invalid"
"""The gate's name in Chromium: resolver rules map it to loopback without giving pages access to loopback."""
OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"
SHUT = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_OWN = (b"proxy-", b"connection:")
"""Prefixes of hop-by-hop headers, which are not forwarded."""
EXPLAINED = frozenset({"connection", "dropped", "dns", "gateway", "status", "offline", "other-host"})
"""Reasons of browser errors for which the gate may know the cause."""


@dataclass(slots=True)
class Gate:
    """An open gate at `port`.

    `allowed` are the hosts that may pass; None: all except the services of the browser's vendors. `errors` has the
    error of each host that could not be reached.
    """

    proxies: Proxies
    allowed: frozenset[str] | None
    trust: ssl.SSLContext
    port: int = 0
    errors: dict[str, AurionError] = field(default_factory=dict)

    def explain(self, error: AurionError) -> AurionError:
        """Return the cause of a browser's error where the gate knows it, else the error itself."""
        host = str(error.facts.get("host", ""))
        return self.errors.get(host, error) if error.reason in EXPLAINED else error

    def serve(self, client: socket.socket) -> None:
        """Handle one connection of the browser."""
        with client, suppress(OSError, ValueError):
            client.settimeout(_SECONDS)
            head, rest = receive_head(client)
            method, target, _ = head.split(b"\r\n")[0].decode("ascii").split(" ")
            url = urlsplit(f"https://{target}" if method == "CONNECT" else target)
            host = (url.hostname or "").rstrip(".")
            if is_service(host) if self.allowed is None else host not in self.allowed:
                client.sendall(SHUT)
                return
            try:
                is_tunnel = method == "CONNECT"
                server = self._tunnel(host, url.port or PORTS["https"]) if is_tunnel else self._forward(host, url, head)
            except AurionError as error:
                self.errors[host] = error
                client.sendall(SHUT)
                return
            with server:
                if is_tunnel:
                    client.sendall(OPEN)
                elif not self._forward_response(client, server, host, rest):
                    return
                self.errors.pop(host, None)
                for end in (client, server):
                    end.settimeout(None)
                relay(client, server)

    def _tunnel(self, host: str, port: int, hops: Sequence[Hop] = ()) -> socket.socket:
        try:
            return open_connection(host, port, hops or self.proxies.hops(host, port), _SECONDS, self.trust)
        except socket.gaierror:
            raise PortalUnavailable("dns", host=host) from None
        except OSError as error:
            raise PortalUnavailable("connection", host=host, detail=error.strerror or type(error).__name__) from None

    def _forward(self, host: str, url: SplitResult, head: bytes) -> socket.socket:
        """Connect for a request without TLS and send its head: the full URL to a proxy, the path to a server."""
        port = url.port or PORTS["http"]
        method, target, version = head.split(b"\r\n")[0].split(b" ")
        login, failure = b"", PortalUnavailable("connection", host=host, detail="")
        for hop in self.proxies.hops(host, port, "http"):
            try:
                if hop is not None and hop.kind in {"http", "https"}:
                    connection, login = connect_to_proxy(hop, _SECONDS, self.trust), proxy_authorization(hop)
                else:
                    connection = self._tunnel(host, port, (hop,))
                    target = (url._replace(scheme="", netloc="").geturl() or "/").encode()
                break
            except PortalUnavailable as error:
                failure = error
        else:
            raise failure
        lines = [line for line in head.split(b"\r\n")[1:] if not line.lower().startswith(_OWN)]
        first = b" ".join((method, target, version))
        connection.sendall(b"\r\n".join((first, *lines, b"Connection: close")) + b"\r\n" + login + b"\r\n")
        return connection

    def _forward_response(self, client: socket.socket, server: socket.socket, host: str, rest: bytes) -> bool:
        """Pass the response's head to the browser; where the proxy requires a login, record that and return False."""
        server.sendall(rest)
        head, more = receive_head(server)
        hop = self.proxies.hops(host, PORTS["http"], "http")[0]
        if hop is not None and response_status(head) == WANTS_LOGIN:
            self.errors[host] = to_proxy_error(hop, host, head)
            client.sendall(SHUT)
            return False
        client.sendall(head + b"\r\n\r\n" + more)
        return True


@contextmanager
def open_gate(proxies: Proxies, allowed: frozenset[str] | None, trust: ssl.SSLContext) -> Iterator[Gate]:
    """Open a gate while the block runs."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        gate = Gate(proxies, allowed, trust, listening.getsockname()[1])
        over = threading.Event()
        threading.Thread(target=_listen, args=(listening, gate, over), daemon=True).start()
        try:
            yield gate
        finally:
            over.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept


@contextmanager
def open_needed_gate(access: Access, hosts: frozenset[str], port: int) -> Iterator[Gate | None]:
    """Open a gate to the hosts while the block runs; yield None where all are reached without a proxy."""
    if not any(hop for host in hosts for hop in access.proxies.hops(host, port)):
        yield None
        return
    with open_gate(access.proxies, hosts, access.trust) as gate:
        yield gate


def _listen(listening: socket.socket, gate: Gate, over: threading.Event) -> None:
    while not over.is_set():
        with suppress(OSError, RuntimeError):  # no file or thread is left at the moment
            client, peer = listening.accept()
            with ExitStack() as refused:
                refused.enter_context(client)
                if is_own_process(peer, listening.getsockname()):
                    threading.Thread(target=gate.serve, args=(client,), daemon=True).start()
                    refused.pop_all()
            continue
        over.wait(_PAUSE)


def is_own_process(peer: tuple[str, int], here: tuple[str, int], table: Path = Path("/proc/net/tcp")) -> bool:
    """Return whether a loopback connection is from a process of this user; True if the system does not report it."""
    if not sys.platform.startswith("linux"):
        return True
    try:
        rows = (line.split() for line in table.read_text(encoding="ascii").splitlines()[1:])
        ends = (_proc_address(peer), _proc_address(here))
        owners = [int(row[7]) for row in rows if (row[1], row[2]) == ends]
    except (OSError, ValueError, IndexError):
        return True
    return os.getuid() in owners or not owners


def _proc_address(end: tuple[str, int]) -> str:
    """Return an address in the format of /proc/net/tcp."""
    return f"{int.from_bytes(socket.inet_aton(end[0]), sys.byteorder):08X}:{end[1]:04X}"
