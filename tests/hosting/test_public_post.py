"""Requests of workers to the internet: no private address, no redirect, no endless answer."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

import pytest

from scraper.hosting import public_post
from scraper.hosting.public_post import is_public, post_json
from tests.cases import for_each
from tests.diagnostics.doctor.portals import Signed, authorities, signed
from tests.hosting.ntfy_server import NtfyServer, running_ntfy

HOST, SILENT, PUBLIC = "ntfy.example.org", "93.184.216.1", "93.184.216.34"
PRIVATE = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",  # noqa: S104
    "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1",
)  # fmt: skip
Names = Callable[..., list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Let a name have addresses, in turn at each look-up; all lead to this machine. Return the list of those used."""
    create_connection = socket.create_connection

    def resolved(*answers: list[str]) -> list[str]:
        used, left = list[str](), list(answers)

        def getaddrinfo(_host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            answer = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answer]

        def connect(place: tuple[str, int], timeout: float) -> socket.socket:
            used.append(place[0])
            if place[0] == SILENT:
                raise OSError
            monkeypatch.setattr(socket, "getaddrinfo", socket_getaddrinfo)
            try:
                return create_connection(("127.0.0.1", place[1]), timeout)
            finally:
                monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket, "create_connection", connect)
        return used

    socket_getaddrinfo = socket.getaddrinfo
    return resolved


@contextmanager
def tls_server(folder: Path, one: Signed) -> Iterator[tuple[NtfyServer, str]]:
    """Run a server with this certificate; yield it and its URL by name."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(one.pem + authorities()[1].pem)
    key.write_bytes(one.private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with running_ntfy(context) as server:
        yield server, f"https://{HOST}:{server.url.rpartition(':')[2]}/"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the tests is trusted by this process."""
    file = tmp_path / "root.pem"
    file.write_bytes(authorities()[0].pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.mark.usefixtures("trusted")
def test_public_address_of_a_name_is_connected_to(names: Names, tmp_path: Path) -> None:
    """The connection goes to the address that was checked; the next one follows where the first does not answer."""
    used = names([SILENT, PUBLIC], ["127.0.0.1"])
    with tls_server(tmp_path, signed(HOST, authorities()[1])) as (server, url):
        assert post_json(url, {"topic": "a"}) == "sent"
        assert server.requests == [("/", {"topic": "a"})]
        assert used == [SILENT, PUBLIC]
        assert post_json(url, {"topic": "b"}) == "unreachable"  # the name server now answers a private address
        assert len(server.requests) == 1
    assert used == [SILENT, PUBLIC]


@pytest.mark.parametrize("name", ["other.example.org", ""])
def test_certificate_is_verified(names: Names, tmp_path: Path, name: str, request: pytest.FixtureRequest) -> None:
    """A wrong name or an unknown authority: nothing is sent."""
    if name:
        request.getfixturevalue("trusted")
    used = names([PUBLIC])
    with tls_server(tmp_path, signed(name or HOST, authorities()[1])) as (server, url):
        assert post_json(url, {"topic": "secret"}) == "unreachable"
        assert not server.requests
    assert used == [PUBLIC]


def test_private_addresses_are_refused(names: Names) -> None:
    """Also beside a public address, and in any notation."""
    assert not [one for one in PRIVATE if is_public(ip_address(one))]
    assert all(map(is_public, map(ip_address, (PUBLIC, "2606:4700::6810:1"))))
    for one in PRIVATE:
        used = names([PUBLIC, one])
        assert post_json(f"https://{HOST}/", {}) == "unreachable"
        assert used == []


def test_local_address_is_allowed_in_the_permitted_notation_only() -> None:
    """Other notations of the same address are checked and refused."""
    with running_ntfy() as server:
        port = server.url.rpartition(":")[2]
        assert post_json(f"http://127.0.0.1:{port}/", {}) == "sent"
        for host in ("127.1", "2130706433", "0x7f000001", "localhost"):
            assert post_json(f"http://{host}:{port}/", {}) == "unreachable"
            assert post_json(f"https://{host}:{port}/", {}) == "unreachable"
        assert post_json("http://ntfy.example.org/", {}) == "unreachable"
        assert len(server.requests) == 1


@pytest.mark.slow
@for_each(
    ("answer", "again"),
    [
        (b"", b"HTTP/1.1 200 OK"),
        (b"HTTP/1.1 200 OK\r\n", b"x-header: " + b"a" * 60_000 + b"\r\n"),
        (b"HTTP/1.1 ", b"2"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"SSH-2.0-OpenSSH_9\r\n", b""),
    ],
)
def test_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch, answer: bytes, again: bytes) -> None:
    """The status counts if it had arrived."""
    monkeypatch.setattr(public_post, "SECONDS", 0.3)
    ended = Event()

    def serve() -> None:
        client, _ = listening.accept()
        with client:
            try:
                client.sendall(answer)
                while again and not ended.wait(0.01):
                    client.sendall(again)
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve)
        thread.start()
        assert post_json(f"http://127.0.0.1:{listening.getsockname()[1]}/", {}) in {"sent", "unanswered"}
        ended.set()
        thread.join(30)
    assert not thread.is_alive()


def test_body_of_an_answer_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent server is given up."""
    monkeypatch.setattr(public_post, "SECONDS", 0.3)
    with running_ntfy() as server:
        server.headers = {"Content-Length": str(10**12)}
        assert post_json(f"{server.url}/", {}) == "sent"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert post_json(f"http://127.0.0.1:{silent.getsockname()[1]}/", {}) == "unanswered"
