"""The check of the network: each failure on the way to a portal has its own reason."""

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


def result(checks: tuple[Check, ...]) -> tuple[str, str]:
    """Return state and reason of the check of the network."""
    return str(checks[0].state), checks[0].reason


def leaf(**how: object) -> Signed:
    """Return a portal's certificate by the intermediate authority."""
    return signed("localhost", authorities()[1], **how)  # type: ignore[arg-type]


def test_valid_portal_is_reached_and_its_clock_compared(tmp_path: Path) -> None:
    """A complete chain is valid; the time of the response is compared with this machine's."""
    root, between = authorities()
    with portal(tmp_path, leaf(), between) as address:
        network, beside = NetworkPath(address=address, account="a", access=knowing(tmp_path, root)).check()
    assert result((network,)) == ("ok", "https")
    assert (network.account, network.facts["host"]) == ("a", "localhost")
    assert (str(beside.state), beside.reason) == ("ok", "well")


def unknown_root() -> tuple[Signed, ...]:
    """Return a chain up to an unknown authority."""
    other = signed("Other")
    return signed("localhost", other), other


def unknown_chain() -> tuple[Signed, ...]:
    """Return a chain that ends below an unknown authority."""
    between = signed("Between", signed("Other"))
    return signed("localhost", between), between


@pytest.mark.slow
@for_each(
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
)
def test_invalid_certificate_has_its_reason(
    tmp_path: Path, sent: Callable[[], tuple[Signed, ...]], reason: str
) -> None:
    """The host is named, and nothing else is checked."""
    with portal(tmp_path, *sent()) as address:
        checks = NetworkPath(address=address, access=knowing(tmp_path, authorities()[0])).check()
    assert [result((check,)) for check in checks] == [("error", reason)]
    assert checks[0].facts["host"] == "localhost"


def test_missing_certificate_names_the_host_that_has_it(tmp_path: Path) -> None:
    """It is only a warning where the browser may reach that host."""
    access = knowing(tmp_path, authorities()[0])
    with portal(tmp_path, leaf()) as address:
        (error,) = NetworkPath(address=address, access=access).check()
        (known,) = NetworkPath(address=address, access=access, hosts=("localhost", ISSUER)).check()
    assert error.facts["issuer"] == ISSUER
    assert result((known,)) == ("warning", "tls-fetched")


def test_certificate_of_a_trusted_authority_needs_no_other(tmp_path: Path) -> None:
    """The chain has one certificate."""
    root = authorities()[0]
    with portal(tmp_path, signed("localhost", root)) as address:
        assert result(NetworkPath(address=address, access=knowing(tmp_path, root)).check()) == ("ok", "https")


@pytest.mark.slow
def test_server_without_tls_is_reported() -> None:
    """A server of another kind, and one without a response, fail in their time."""
    with plain() as port:
        assert result(NetworkPath(address=f"https://localhost:{port}").check()) == ("error", "tls")
    with silent() as port:
        assert result(NetworkPath(address=f"https://127.0.0.1:{port}", seconds=0.3).check()) == ("error", "tls-timeout")
        assert result(NetworkPath(address=f"http://127.0.0.1:{port}", seconds=0.3).check()) == ("error", "answer")


@for_each(("status", "expected"), [(200, ("ok", "http")), (404, ("ok", "http")), (503, ("warning", "status"))])
def test_status_of_the_server(status: int, expected: tuple[str, str]) -> None:
    """An internal error is a warning; a missing page is not, because the first page may be elsewhere."""
    with plain(status) as port:
        assert result(NetworkPath(address=f"http://127.0.0.1:{port}/webAurion").check()) == expected


def raising(error: OSError) -> Callable[..., None]:
    """Return a function that raises the error."""

    def raising(*_: object, **__: object) -> None:
        raise error

    return raising


def test_unreachable_host_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port, a time-out and an unknown name have their own reasons."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"https://localhost:{port}"
    assert result(NetworkPath(address=address).check()) == ("error", "connect")
    monkeypatch.setattr(socket, "create_connection", raising(TimeoutError()))
    assert result(NetworkPath(address=address).check()) == ("error", "timeout")
    monkeypatch.setattr(socket, "getaddrinfo", raising(socket.gaierror(-2, "no")))
    assert result(NetworkPath(address=address).check()) == ("error", "dns")


@for_each(
    ("seconds", "expected"),
    [
        (0, ("ok", "well")), (119, ("ok", "well")), (-119, ("ok", "well")), (121, ("warning", "fast")),
        (-180, ("warning", "slow")),
    ],
)  # fmt: skip
def test_clock_may_differ_by_two_minutes(seconds: int, expected: tuple[str, str]) -> None:
    """A larger difference is reported with its direction."""
    check = clock("Tue, 24 Nov 2026 12:00:00 GMT", NOON + timedelta(seconds=seconds), "a.fr")
    assert check is not None
    assert (str(check.state), check.reason) == expected


@for_each("date", [None, "", "yesterday"])
def test_response_without_a_date_has_no_check_of_the_clock(date: str | None) -> None:
    """The header may be absent or invalid."""
    assert clock(date, NOON, "a.fr") is None


def test_pac_file_is_not_used_for_a_calendar_server() -> None:
    """The server is tried without a proxy, and the reason names the file; a portal is left to the browser."""
    port = closed_port()
    access = Access(Proxies(script="http://wpad.example.fr/proxy.pac"))
    address = f"https://0.0.0.0:{port}"
    checks = NetworkPath(address=address, access=access).check()
    assert result(checks) == ("error", "pac-direct")
    assert "http://wpad.example.fr/proxy.pac" in Catalogue("fr")("doctor.network.pac-direct.message", **checks[0].facts)
    assert result(NetworkPath(address=address, access=access, browsed=True).check()) == ("ok", "pac")
    assert result(NetworkPath(address=f"https://127.0.0.1:{port}", access=access).check()) == ("error", "connect")
