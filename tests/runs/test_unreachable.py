"""A portal that cannot be reached from the network of this computer."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.errors import ActionNeeded, AurionError, PortalUnavailable
from scraper.portal.failures import Navigation, navigation_error, status_error
from scraper.runs.worker import WorkerResult, run_worker
from tests.cases import for_each

PORTAL = "portail.test"


@pytest.fixture
def demo() -> Iterator[Demo]:
    """Start a portal."""
    with Demo() as portal:
        yield portal


def export(demo: Demo, home: Path) -> WorkerResult:
    """Export, check that no password was sent, and return the result."""
    environment = {**os.environ, "AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
    result = run_worker(["--output", str(home / "a.ics"), "--timeout", "10"], environment, lambda *_: None)
    assert not any(exchange.method == "POST" for exchange in demo.log)
    return result


def test_captive_portal_means_that_the_portal_is_unavailable(demo: Demo, home: Path) -> None:
    """A redirect to another host over plain http is exit code 5 with its own reason."""
    demo.control.faults = (Fault(status=302, location="http://login.hotel.test/wifi?from=portal"),)
    result = export(demo, home)
    assert (result.exit_code, result.error, result.reason) == (5, "PortalUnavailable", "captive")
    assert "login.hotel.test" in result.message


def test_status_511_means_that_the_portal_is_unavailable() -> None:
    """The network requires a login (RFC 6585)."""
    assert isinstance(status_error(511, PORTAL), PortalUnavailable)


@for_each(
    ("failure", "visit", "kind", "reason"),
    [
        ("net::ERR_NAME_NOT_RESOLVED", Navigation(host="hotel.test", plain=True), PortalUnavailable, "captive"),
        ("net::ERR_CONNECTION_REFUSED", Navigation(host="10.0.0.1", plain=True), PortalUnavailable, "captive"),
        ("net::ERR_CERT_COMMON_NAME_INVALID", Navigation(host=PORTAL), PortalUnavailable, "tls-name"),
        ("net::ERR_CERT_AUTHORITY_INVALID", Navigation(host=PORTAL), PortalUnavailable, "tls-authority"),
        ("net::ERR_CERT_DATE_INVALID", Navigation(host=PORTAL), PortalUnavailable, "tls-date"),
        ("net::ERR_SSL_PROTOCOL_ERROR", Navigation(host=PORTAL), PortalUnavailable, "tls"),
        ("net::ERR_INTERNET_DISCONNECTED", Navigation(host=PORTAL), PortalUnavailable, "offline"),
        ("net::ERR_NAME_NOT_RESOLVED", Navigation(host=PORTAL), PortalUnavailable, "dns"),
        ("net::ERR_NAME_NOT_RESOLVED", Navigation(host="cas.test"), ActionNeeded, "other-host"),
    ],
)
def test_failure_of_the_network_has_its_own_error(
    failure: str, visit: Navigation, kind: type[AurionError], reason: str
) -> None:
    """A foreign network, a wrong clock and a missing connection are unavailable portals; a foreign login is not."""
    error = navigation_error(failure, visit, PORTAL)
    assert (type(error), error.reason) == (kind, reason)
