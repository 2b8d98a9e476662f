"""Servers for all tests of a worker; each test uses a calendar of its own."""

from collections.abc import Iterator

import pytest
import stamina

from tests.sinks.caldav_servers import Radicale, Server, Xandikos, radicale_in, xandikos_in
from tests.sinks.google.fake_google import FakeGoogle, google_running


@pytest.fixture(scope="session")
def running_radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    """Run Radicale."""
    with radicale_in(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="session")
def running_xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Xandikos]:
    """Run Xandikos."""
    with xandikos_in(tmp_path_factory.mktemp("xandikos")) as server:
        yield server


@pytest.fixture
def radicale(running_radicale: Radicale) -> Radicale:
    """Radicale without faults, and with an empty list of requests."""
    running_radicale.restore()
    return running_radicale


@pytest.fixture
def xandikos(running_xandikos: Xandikos) -> Xandikos:
    """Xandikos without faults, and with an empty list of requests."""
    running_xandikos.restore()
    return running_xandikos


@pytest.fixture(params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the servers without faults, and with an empty list of requests."""
    running: Server = request.getfixturevalue(f"running_{request.param}")
    running.restore()
    return running


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    """Run a fake Google; nothing waits where it is busy."""
    with google_running() as running, stamina.set_testing(True, attempts=4):
        yield running
