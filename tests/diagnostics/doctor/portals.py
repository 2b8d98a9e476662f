"""Servers on loopback with certificates of the tests: complete chains, invalid ones, and trusted authorities."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from scraper.system.network.access import Access
from scraper.system.network.proxies import Proxies

ISSUER = "pki.example.fr"
"""Where the certificates say that the one above them lies."""
DAY = timedelta(days=1)


class Signed(NamedTuple):
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate as a server sends it."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def private(self) -> bytes:
        """The key as a server reads it."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signed(name: str, by: Signed | None = None, *, days: tuple[int, int] = (-30, 30), reported: bool = True) -> Signed:
    """Return a certificate for that name, by that authority or self-signed, valid between these days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
    )
    if "." in name or name == "localhost":
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    else:
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if reported and by:
        place = x509.UniformResourceIdentifier(f"http://{ISSUER}/above.cer")
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
        made = made.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return Signed(made.sign(by.key if by else key, SHA256()), key)


@cache
def authorities() -> tuple[Signed, Signed]:
    """Return a trusted authority, and one below it that signs for servers."""
    root = signed("Root")
    return root, signed("Intermediate", root)


def knowing(folder: Path, *known: Signed, proxies: Proxies | None = None) -> Access:
    """Return an access that trusts these authorities in addition to the system's."""
    file = folder / "authorities.pem"
    file.write_bytes(b"".join(one.pem for one in known))
    return Access(proxies or Proxies(), file)


@contextmanager
def portal(folder: Path, *sent: Signed) -> Iterator[str]:
    """Start a portal that sends these certificates, its own first, and yield its address."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(one.pem for one in sent))
    key.write_bytes(sent[0].private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with _running(_Answer, context) as port:
        yield f"https://localhost:{port}"


@contextmanager
def plain(status: int = 200) -> Iterator[int]:
    """Start a portal without TLS that responds with this status, and yield its port."""
    with _running(type("Answer", (_Answer,), {"status": status})) as port:
        yield port


@contextmanager
def silent() -> Iterator[int]:
    """Start a server that accepts connections without a response, and yield its port."""
    with create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class _Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        """Send an empty response."""
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - http.server's own
        """Write nothing."""


def closed_port() -> int:
    """Return a port of this machine without a listener; 0.0.0.0 leads there, and is no loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
