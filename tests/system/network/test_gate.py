"""The gate in front of a proxy: for this user alone, for declared hosts alone, and gone with the run."""

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from scraper.system.network import gate as gate_module
from scraper.system.network.access import Access
from scraper.system.network.gate import SHUT, Gate, is_own_process, open_gate
from scraper.system.network.proxies import Proxies, Server
from scraper.system.network.services import SERVICES
from tests.cases import for_each
from tests.proxies import proxy

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:{port:04X} 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 {user:5} 0 1 1
"""


def answer(gate: Gate, request: str) -> str:
    """The first line that the gate answers."""
    with socket.create_connection(("127.0.0.1", gate.port), 30) as asking:
        asking.sendall(request.encode())
        return asking.recv(1000).decode().split("\r\n")[0]


def through(port: int) -> Proxies:
    """A proxy at that port for everything."""
    return Proxies(servers=dict.fromkeys(("https", "http"), Server("http", "127.0.0.1", port)))


@for_each(
    ("request_line", "passes"),
    [
        ("CONNECT portal.example:443 HTTP/1.1", True),
        ("CONNECT PORTAL.example.:443 HTTP/1.1", True),
        ("GET http://portal.example/a?b=c HTTP/1.1", True),
        ("CONNECT third.example:443 HTTP/1.1", False),
        ("CONNECT portal.example.third.example:443 HTTP/1.1", False),
        ("CONNECT portal.example@third.example:443 HTTP/1.1", False),
        ("GET http://third.example/portal.example HTTP/1.1", False),
        ("GET http://portal.example@third.example/ HTTP/1.1", False),
    ],
)
def test_only_declared_hosts_pass(request_line: str, *, passes: bool) -> None:
    """The name in the request line counts, not the headers."""
    with proxy({}) as way, open_gate(through(way.port), frozenset({"portal.example"}), Access().trust) as gate:
        line = answer(gate, f"{request_line}\r\nHost: portal.example\r\n\r\n")
    assert line.startswith("HTTP/1.1 502")  # the proxy knows no host
    assert [host.rstrip(".") for host in way.asked] == (["portal.example"] if passes else [])


def test_services_are_blocked_where_every_host_may_pass() -> None:
    """A person logs in at other hosts in a window."""
    with proxy({}) as way, open_gate(through(way.port), None, Access().trust) as gate:
        for host in (*SERVICES, "accounts.invalid", "login.microsoftonline.example"):
            answer(gate, f"CONNECT {host}:443 HTTP/1.1\r\n\r\n")
    assert way.asked == ["login.microsoftonline.example"]


def test_invalid_request_does_not_stop_the_gate() -> None:
    """The next request is answered."""
    with proxy({}) as way, open_gate(through(way.port), frozenset({"portal.example"}), Access().trust) as gate:
        for wrong in ("\r\n\r\n", "GET\r\n\r\n", "CONNECT [::1 HTTP/1.1\r\n\r\n", "CONNECT a:port HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", gate.port), 30) as asking:
                asking.sendall(wrong.encode())
                assert asking.recv(100) in {b"", SHUT}
        answer(gate, "CONNECT portal.example:443 HTTP/1.1\r\n\r\n")
    assert way.asked == ["portal.example"]


def test_gate_that_cannot_accept_a_connection_accepts_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a free file for a moment; a gate that has ended silently would let every later student time out."""
    failures: list[Exception] = [OSError(errno.EMFILE, "full"), RuntimeError("can't start new thread")]

    def check(*_: object) -> bool:
        if failures:
            raise failures.pop()
        return True

    monkeypatch.setattr(gate_module, "is_own_process", check)
    with proxy({}) as way, open_gate(through(way.port), frozenset({"portal.example"}), Access().trust) as gate:
        for _ in range(3):
            with suppress(OSError):
                answer(gate, "CONNECT portal.example:443 HTTP/1.1\r\n\r\n")
    assert way.asked == ["portal.example"]


def test_gate_is_closed_after_its_block() -> None:
    """Close the port."""
    with open_gate(Proxies(), frozenset(), Access().trust) as gate:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", gate.port), 30)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells who owns a connection")
def test_connection_of_another_user_is_refused(tmp_path: Path) -> None:
    """The system's table of connections decides; a connection that it lacks is accepted."""
    table, here = tmp_path / "tcp", ("127.0.0.1", 0x1F90)
    for user, expected in ((os.getuid(), True), (os.getuid() + 1, False)):
        table.write_text(TABLE.format(port=40000, user=user))
        assert is_own_process(("127.0.0.1", 40000), here, table) is expected
    assert is_own_process(("127.0.0.1", 40001), here, table)
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()):
        accepted, peer = listening.accept()
        with accepted:
            assert is_own_process(peer, listening.getsockname())
