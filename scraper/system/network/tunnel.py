"""Connect to a server, directly or through a proxy: HTTP CONNECT (RFC 9110 §9.3.6), SOCKS 4a and 5."""

import base64
import re
import select
import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

from scraper.errors import AurionError, PortalUnavailable, SettingsError
from scraper.system.network.localhost import resolvable
from scraper.system.network.proxies import Hop, Server
from scraper.system.os_errors import connection_cause

WANTS_LOGIN, LONGEST = 407, 65536
CHALLENGE = b"proxy-authenticate:"
SOCKS5_NO_LOGIN, SOCKS5_LOGIN, SOCKS5_NAME, SOCKS4_GRANTED = 0, 2, 3, 90


def open_connection(host: str, port: int, hops: Sequence[Hop], seconds: float, trust: ssl.SSLContext) -> socket.socket:
    """Connect to the server through the first hop that works.

    Raise OSError where a direct connection fails; for a proxy PortalUnavailable ("proxy-down", "proxy-refused") or
    SettingsError ("proxy-login", "proxy-password", "proxy-method").
    """
    failure: OSError | AurionError = OSError("no connection")
    for hop in hops:
        try:
            if hop is None:
                return socket.create_connection((resolvable(host), port), seconds)
            return _connect_through(hop, host, port, seconds, trust)
        except (OSError, PortalUnavailable) as error:
            failure = error
    raise failure


def connect_to_proxy(hop: Server, seconds: float, trust: ssl.SSLContext) -> socket.socket:
    """Connect to the proxy itself, for requests in plain HTTP. Raise PortalUnavailable("proxy-down")."""
    try:
        plain = socket.create_connection((resolvable(hop.host), hop.port), seconds)
        if hop.kind != "https":
            return plain
        return _unwrap_tls(trust.wrap_socket(plain, server_hostname=hop.host))
    except OSError as error:
        raise PortalUnavailable("proxy-down", proxy=hop.name, cause=connection_cause(error)) from None


def proxy_authorization(hop: Server) -> bytes:
    """Return the Proxy-Authorization header; empty without a login."""
    if not hop.user:
        return b""
    return b"Proxy-Authorization: Basic %s\r\n" % base64.b64encode(f"{hop.user}:{hop.password}".encode())


def to_proxy_error(hop: Server, host: str, head: bytes) -> AurionError:
    """Return the error for a proxy's response other than success."""
    status = response_status(head)
    if status == WANTS_LOGIN:
        asked = [line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(CHALLENGE)]
        methods = {re.split(r"[\s,]", one.decode("latin-1"))[0] for one in asked}
        if methods and "basic" not in {method.lower() for method in methods}:
            return SettingsError("proxy-method", proxy=hop.name, methods=", ".join(sorted(methods)))
        return SettingsError("proxy-password" if hop.user else "proxy-login", proxy=hop.name)
    return PortalUnavailable("proxy-refused", proxy=hop.name, host=host, cause=str(status))


def relay(one: socket.socket, other: socket.socket) -> None:
    """Copy data between the two sockets in both directions until both have ended."""
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


def receive_head(connection: socket.socket) -> tuple[bytes, bytes]:
    """Receive the head of an HTTP message; return it and the bytes received after it. Raise OSError."""
    got = b""
    while b"\r\n\r\n" not in got:
        data = connection.recv(LONGEST)
        if not data or len(got) > LONGEST:
            raise ConnectionError
        got += data
    head, _, rest = got.partition(b"\r\n\r\n")
    return head, rest


def response_status(head: bytes) -> int:
    """Return the status in a response's head; 0 where there is none."""
    parts = head.split(b" ", 2)
    return int(parts[1]) if parts[0].startswith(b"HTTP/") and len(parts) > 1 and parts[1].isdigit() else 0


def _connect_through(hop: Server, host: str, port: int, seconds: float, trust: ssl.SSLContext) -> socket.socket:
    connection = connect_to_proxy(hop, seconds, trust)
    try:
        if hop.kind == "socks5":
            _socks5(connection, hop, host, port)
        elif hop.kind == "socks4":
            _socks4(connection, hop, host, port)
        else:
            _connect(connection, hop, host, port)
    except (OSError, struct.error) as error:
        connection.close()
        cause = getattr(error, "strerror", "") or type(error).__name__
        raise PortalUnavailable("proxy-refused", proxy=hop.name, host=host, cause=cause) from None
    except AurionError:
        connection.close()
        raise
    return connection


def _connect(connection: socket.socket, hop: Server, host: str, port: int) -> None:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    connection.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n".encode() + proxy_authorization(hop) + b"\r\n")
    head, _ = receive_head(connection)
    if not 200 <= response_status(head) < 300:  # noqa: PLR2004 - success
        raise to_proxy_error(hop, host, head)


def _socks5(connection: socket.socket, hop: Server, host: str, port: int) -> None:
    """Connect through SOCKS 5 (RFC 1928), with the login of RFC 1929."""
    offered = bytes([SOCKS5_NO_LOGIN, SOCKS5_LOGIN]) if hop.user else bytes([SOCKS5_NO_LOGIN])
    connection.sendall(bytes([5, len(offered)]) + offered)
    _, chosen = _receive(connection, 2)
    if chosen == SOCKS5_LOGIN and hop.user:
        user, password = hop.user.encode(), hop.password.encode()
        connection.sendall(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
        if _receive(connection, 2)[1]:
            raise SettingsError("proxy-password", proxy=hop.name)
    elif chosen != SOCKS5_NO_LOGIN:
        raise SettingsError("proxy-password" if hop.user else "proxy-login", proxy=hop.name)
    name = host.encode("idna") if not host.isascii() else host.encode()
    connection.sendall(bytes([5, 1, 0, SOCKS5_NAME, len(name)]) + name + struct.pack("!H", port))
    _, refused, _, kind = _receive(connection, 4)
    if refused:
        raise PortalUnavailable("proxy-refused", proxy=hop.name, host=host, cause=f"SOCKS {refused}")
    _receive(connection, {1: 4, 4: 16}.get(kind) or _receive(connection, 1)[0])
    _receive(connection, 2)


def _socks4(connection: socket.socket, hop: Server, host: str, port: int) -> None:
    """Connect through SOCKS 4a, where the proxy resolves the name."""
    try:
        address, name = ip_address(host).packed[:4], b""
    except ValueError:
        address, name = bytes([0, 0, 0, 1]), host.encode() + b"\0"
    connection.sendall(bytes([4, 1]) + struct.pack("!H", port) + address + hop.user.encode() + b"\0" + name)
    _, answer, *_ = _receive(connection, 8)
    if answer != SOCKS4_GRANTED:
        raise PortalUnavailable("proxy-refused", proxy=hop.name, host=host, cause=f"SOCKS {answer}")


def _unwrap_tls(secure: ssl.SSLSocket) -> socket.socket:
    """Return a plain socket connected to the TLS socket, so that TLS to the server can run inside TLS to the proxy."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=_carry, args=(secure, theirs), daemon=True).start()
    return ours


def _carry(secure: ssl.SSLSocket, plain: socket.socket) -> None:
    """Copy data in both directions in one thread: two threads must not use one TLS socket."""
    with secure, plain, suppress(OSError):
        while True:
            ready = [secure] if secure.pending() else select.select([secure, plain], [], [])[0]
            for one in ready:
                if not (data := one.recv(LONGEST)):
                    return
                (plain if one is secure else secure).sendall(data)


def _receive(connection: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        if not (data := connection.recv(count - len(got))):
            raise ConnectionError
        got += data
    return got


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(LONGEST):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
