"""The name of this machine, where the system does not know it."""

import socket

import pytest

from scraper.system.network.localhost import LOOPBACK, resolvable

REAL = socket.getaddrinfo


def test_unresolved_localhost_is_the_loopback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other names are resolved by the system, and a localhost that it knows."""

    def unknown(host: str, *rest: object) -> object:
        if "localhost" in host.lower():
            raise socket.gaierror
        return REAL(host, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_: host)
    assert resolvable("localhost") == "localhost"
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert [resolvable(name) for name in ("localhost", "LocalHost.", "127.0.0.1", "::1")] == [
        LOOPBACK, LOOPBACK, "127.0.0.1", "::1",
    ]  # fmt: skip
    assert resolvable("aurion.localhost.example") == "aurion.localhost.example"
