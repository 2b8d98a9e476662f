"""The way to a portal: each thing that can be wrong with it is distinguished."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.diagnostics.doctor.check_result import Check
from scraper.diagnostics.doctor.network_path import NetworkPath, clock
from scraper.i18n import Catalogue
from scraper.system.network.access import Access
from scraper.system.network.proxies import Proxies
from tests.cases import for_each
from tests.diagnostics.doctor.portals import (
    ISSUER,
    Signed,
    authorities,
    closed_port,
    knowing,
    plain,
    portal,
    signed,
    silent,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def shown(checks: tuple[Check, ...]) -> tuple[str, str]:
    """State and reason of the network's own check."""
    return str(checks[0].state), checks[0].reason


def leaf(**how: object) -> Signed:
    """A portal's certificate by the authority between."""
    return signed("localhost", authorities()[1], **how)  # type: ignore[arg-type]


def test_a_good_portal_is_reached_and_the_clock_compared(tmp_path: Path) -> None:
    """A whole chain is good; the answer's own time is compared with ours."""
    root, between = authorities()
    with portal(tmp_path, leaf(), between) as address:
        network, beside = NetworkPath(address=address, account="a", access=knowing(tmp_path, root)).check()
    assert shown((network,)) == ("ok", "https")
    assert (network.account, network.facts["host"]) == ("a", "localhost")
    assert (str(beside.state), beside.reason) == ("ok", "well")


def unknown_root() -> tuple[Signed, ...]:
    """A chain up to an authority that no one knows."""
    other = signed("Other")
    return signed("localhost", other), other


def unknown_chain() -> tuple[Signed, ...]:
    """A chain that ends below an authority that no one knows."""
    between = signed("Between", signed("Other"))
    return signed("localhost", between), between


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (lambda: (leaf(),), "tls-incomplete"),
        (lambda: (leaf(reported=False),), "tls-alone"),
        (lambda: (leaf(days=(-30, -1)), authorities()[1]), "tls-expired"),
        (lambda: (leaf(days=(1, 30)), authorities()[1]), "tls-early"),
        (lambda: (signed("aurion.example.fr", authorities()[1]), authorities()[1]), "tls-other-host"),
        (lambda: (signed("localhost"),), "tls-self-signed"),
        (unknown_root, "tls-self-signed"),
        (unknown_chain, "tls-untrusted"),
    ],
    ids=["incomplete", "alone", "expired", "early", "other-host", "self-signed", "unknown-root", "untrusted"],
)
def test_what_is_wrong_with_a_certificate_is_distinguished(
    tmp_path: Path, sent: Callable[[], tuple[Signed, ...]], reason: str
) -> None:
    """Only a chain left incomplete is called so; the host is named, and nothing is asked of such a portal."""
    with portal(tmp_path, *sent()) as address:
        checks = NetworkPath(address=address, access=knowing(tmp_path, authorities()[0])).check()
    assert [shown((check,)) for check in checks] == [("error", reason)]
    assert checks[0].facts["host"] == "localhost"


def test_a_missing_certificate_is_where_the_portals_own_says(tmp_path: Path) -> None:
    """The host that has it is named; where the browser reaches that host, it is but a warning."""
    access = knowing(tmp_path, authorities()[0])
    with portal(tmp_path, leaf()) as address:
        (error,) = NetworkPath(address=address, access=access).check()
        (known,) = NetworkPath(address=address, access=access, hosts=("localhost", ISSUER)).check()
    assert error.facts["issuer"] == ISSUER
    assert shown((known,)) == ("warning", "tls-fetched")


def test_a_short_chain_may_be_whole(tmp_path: Path) -> None:
    """A certificate by an authority that is trusted itself needs no other beside it."""
    root = authorities()[0]
    with portal(tmp_path, signed("localhost", root)) as address:
        assert shown(NetworkPath(address=address, access=knowing(tmp_path, root)).check()) == ("ok", "https")


def test_what_is_no_tls_is_reported() -> None:
    """A server of another kind, and one that says nothing, each in its time."""
    with plain() as port:
        assert shown(NetworkPath(address=f"https://localhost:{port}").check()) == ("error", "tls")
    with silent() as port:
        assert shown(NetworkPath(address=f"https://127.0.0.1:{port}", seconds=0.3).check()) == ("error", "tls-timeout")
        assert shown(NetworkPath(address=f"http://127.0.0.1:{port}", seconds=0.3).check()) == ("error", "answer")


@pytest.mark.parametrize(
    ("status", "expected"), [(200, ("ok", "http")), (404, ("ok", "http")), (503, ("warning", "status"))]
)
def test_a_server_in_trouble_is_reached_all_the_same(status: int, expected: tuple[str, str]) -> None:
    """An error of the server's own is a warning; a page that is not there is not: the first page may be elsewhere."""
    with plain(status) as port:
        assert shown(NetworkPath(address=f"http://127.0.0.1:{port}/webAurion").check()) == expected


def refuse(error: OSError) -> Callable[..., None]:
    """What the system says instead."""

    def raising(*_: object, **__: object) -> None:
        raise error

    return raising


def test_an_unreachable_host_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that no one listens at, a time-out, a name without address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"https://localhost:{port}"
    assert shown(NetworkPath(address=address).check()) == ("error", "connect")
    monkeypatch.setattr(socket, "create_connection", refuse(TimeoutError()))
    assert shown(NetworkPath(address=address).check()) == ("error", "timeout")
    monkeypatch.setattr(socket, "getaddrinfo", refuse(socket.gaierror(-2, "no")))
    assert shown(NetworkPath(address=address).check()) == ("error", "dns")


@for_each(
    ("seconds", "expected"),
    [
        (0, ("ok", "well")), (119, ("ok", "well")), (-119, ("ok", "well")), (121, ("warning", "fast")),
        (-180, ("warning", "slow")),
    ],
)  # fmt: skip
def test_the_clock_may_differ_by_two_minutes(seconds: int, expected: tuple[str, str]) -> None:
    """A larger difference is reported, with its direction."""
    check = clock("Tue, 24 Nov 2026 12:00:00 GMT", NOON + timedelta(seconds=seconds), "a.fr")
    assert check is not None
    assert (str(check.state), check.reason) == expected


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_portal_without_a_clock_says_nothing_of_ours(date: str | None) -> None:
    """No Date, no check."""
    assert clock(date, NOON, "a.fr") is None


def test_a_pac_file_is_not_asked_for_a_calendar_server() -> None:
    """Tried without a proxy, it cannot be reached: the reason is named. A portal is left to the browser."""
    port = closed_port()
    access = Access(Proxies(script="http://wpad.example.fr/proxy.pac"))
    address = f"https://0.0.0.0:{port}"
    checks = NetworkPath(address=address, access=access).check()
    assert shown(checks) == ("error", "pac-direct")
    assert "http://wpad.example.fr/proxy.pac" in Catalogue("fr")("doctor.network.pac-direct.message", **checks[0].facts)
    assert shown(NetworkPath(address=address, access=access, browsed=True).check()) == ("ok", "pac")
    assert shown(NetworkPath(address=f"https://127.0.0.1:{port}", access=access).check()) == ("error", "connect")
