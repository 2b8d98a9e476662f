"""A portal that cannot be reached from where the computer is: not changed, not another product, only away."""

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
    """A portal behind someone else's network."""
    with Demo() as portal:
        yield portal


def export(demo: Demo, home: Path) -> WorkerResult:
    """What the command says; the password must not have been sent."""
    environment = {**os.environ, "AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
    result = run_worker(["--output", str(home / "a.ics"), "--timeout", "10"], environment, lambda *_: None)
    assert not any(exchange.method == "POST" for exchange in demo.log)
    return result


def test_a_hotels_page_instead_of_the_portal_is_a_portal_that_is_away(demo: Demo, home: Path) -> None:
    """A redirect to plain http elsewhere: code 5 with its own sentence, not 4, 6 or 9."""
    demo.control.faults = (Fault(status=302, location="http://login.hotel.test/wifi?from=portal"),)
    result = export(demo, home)
    assert (result.exit_code, result.error, result.reason) == (5, "PortalUnavailable", "captive")
    assert "login.hotel.test" in result.message


def test_a_network_that_wants_a_login_by_status_is_a_portal_that_is_away() -> None:
    """Status 511 (RFC 6585)."""
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
def test_what_a_network_does_is_distinguished(
    failure: str, visit: Navigation, kind: type[AurionError], reason: str
) -> None:
    """A foreign network, a wrong clock, no network at all: each its reason, all but a foreign login code 5."""
    error = navigation_error(failure, visit, PORTAL)
    assert (type(error), error.reason) == (kind, reason)
