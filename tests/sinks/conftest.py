"""A Radicale for all tests of one worker; each takes a calendar of its own there."""

from collections.abc import Iterator

import pytest

from tests.sinks.radicales import Radicale, radicale_in


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    """The server."""
    with radicale_in(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture
def radicale(running: Radicale) -> Radicale:
    """The server, well again, and nothing asked of it yet."""
    running.instead = lambda _: None
    running.asked.clear()
    running.conditions.clear()
    return running
