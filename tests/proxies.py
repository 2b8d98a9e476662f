"""A proxy on loopback that notes which hosts it is asked for: HTTP, CONNECT and SOCKS5, with or without a login."""

import base64
import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.diagnostics.doctor.portals import Signed

REFUSED = (
    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n'
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)  # fmt: skip
GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NO_LOGIN, WITH_LOGIN, NONE_FITS = 0, 2, 0xFF
"""Ways to log in at a SOCKS5 proxy (RFC 1928 §3)."""
IPV4, NAME = 1, 3


@dataclass(slots=True)
class Proxy:
    """A proxy that runs. `asked` are the hosts it was asked for, in their order; `logins` what was sent to it.

    `names` are the hosts that it knows, each with the port on 127.0.0.1 where it is; any other host it does not reach.
    """

    port: int
    names: Mapping[str, int]
    login: str = ""
    host: str = "127.0.0.1"
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Return host and port in the form of an address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address without a login."""
        return f"http://{self.place}"

    def reach(self, host: str, port: int) -> socket.socket:
        """The server of that name. Raises OSError for one that is not known."""
        if host in self.names:
            return socket.create_connection(("127.0.0.1", self.names[host]), 10)
        if host in {"127.0.0.1", "localhost"}:
            return socket.create_connection(("127.0.0.1", port), 10)
        raise OSError(host)


@contextmanager
def proxy(names: Mapping[str, int] | None = None, login: str = "", host: str = "127.0.0.1") -> Iterator[Proxy]:
    """A proxy that runs while the block lasts; with a `login` (user:password) it wants that."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        made = Proxy(listening.getsockname()[1], names or {}, login, host)
        threading.Thread(target=_listen, args=(listening, made), daemon=True).start()
        try:
            yield made
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def _listen(listening: socket.socket, proxy: Proxy) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, proxy), daemon=True).start()


def _serve(client: socket.socket, proxy: Proxy) -> None:
    with client, suppress(OSError, ValueError, IndexError):
        if client.recv(1, socket.MSG_PEEK) == b"\x05":
            _socks(client, proxy)
        else:
            _http(client, proxy)


def _http(client: socket.socket, proxy: Proxy) -> None:
    head, _, body = _until(client, b"\r\n\r\n").partition(b"\r\n\r\n")
    proxy.heads.append(head)
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    url = urlsplit(target if "://" in target else f"//{target}")
    proxy.asked.append(url.hostname or "")
    sent = [line.split(b" ")[-1] for line in head.split(b"\r\n") if line.lower().startswith(b"proxy-authorization: ")]
    logins = [base64.b64decode(one).decode() for one in sent]
    proxy.logins += logins
    if proxy.login and proxy.login not in logins:
        client.sendall(REFUSED)
        return
    try:
        server = proxy.reach(url.hostname or "", url.port or 80)
    except OSError:
        client.sendall(GATEWAY)
        return
    with server:
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            server.sendall(body)
        else:
            path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
            lines = head.replace(target.encode(), path.encode(), 1).split(b"\r\n")
            kept = [line for line in lines if not line.lower().startswith((b"proxy-", b"connection:"))]
            server.sendall(b"\r\n".join([*kept, b"Connection: close"]) + b"\r\n\r\n" + body)
        _join(client, server)


def _socks(client: socket.socket, proxy: Proxy) -> None:
    _, count = _exactly(client, 2)
    offered = _exactly(client, count)
    wanted = WITH_LOGIN if proxy.login else NO_LOGIN
    if wanted not in offered:
        client.sendall(bytes([5, NONE_FITS]))
        return
    client.sendall(bytes([5, wanted]))
    if proxy.login:
        user = _exactly(client, _exactly(client, 2)[1])
        given = f"{user.decode()}:{_exactly(client, _exactly(client, 1)[0]).decode()}"
        proxy.logins.append(given)
        client.sendall(bytes([1, given != proxy.login]))
        if given != proxy.login:
            return
    _, _, _, kind = _exactly(client, 4)
    if kind == NAME:
        host = _exactly(client, _exactly(client, 1)[0]).decode()
    else:
        family = socket.AF_INET if kind == IPV4 else socket.AF_INET6
        host = socket.inet_ntop(family, _exactly(client, 4 if kind == IPV4 else 16))
    (port,) = struct.unpack("!H", _exactly(client, 2))
    proxy.asked.append(host)
    try:
        server = proxy.reach(host, port)
    except OSError:
        client.sendall(bytes([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]))
        return
    with server:
        client.sendall(bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        _join(client, server)


def _join(client: socket.socket, server: socket.socket) -> None:
    other = threading.Thread(target=_pump, args=(client, server), daemon=True)
    other.start()
    _pump(server, client)
    other.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _until(client: socket.socket, end: bytes) -> bytes:
    got = b""
    while end not in got:
        if not (data := client.recv(65536)):
            raise OSError
        got += data
    return got


def _exactly(client: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        if not (data := client.recv(count - len(got))):
            raise OSError
        got += data
    return got


@contextmanager
def tls_before(port: int, folder: Path, *sent: Signed) -> Iterator[int]:
    """Accept TLS with these certificates before a server without TLS; yield the port."""
    chain, key = folder / "front.pem", folder / "front-key.pem"
    chain.write_bytes(b"".join(one.pem for one in sent))
    key.write_bytes(sent[0].private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_decrypt, args=(listening, context, port), daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def _decrypt(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_decrypted, args=(client, context, port), daemon=True).start()


def _decrypted(client: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Copy in one thread for both directions: two threads must not use a secure socket."""
    with (
        suppress(OSError),
        context.wrap_socket(client, server_side=True) as secure,
        socket.create_connection(("127.0.0.1", port)) as plain,
    ):
        while True:
            ready = [secure] if secure.pending() else select.select([secure, plain], [], [])[0]
            for one in ready:
                if not (data := one.recv(65536)):
                    return
                (plain if one is secure else secure).sendall(data)
