"""PAC files that cannot be fetched."""

import errno
import os
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from scraper.errors import PortalUnavailable
from scraper.portal.pac import fetch_script
from scraper.system.network.access import Access
from scraper.system.network.proxies import Proxies
from tests.handlers import AnyMethodHandler


class Missing(AnyMethodHandler):
    """Answers each request with 404."""

    def answer(self) -> None:
        """Send the status and no body."""
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a PAC file that the server does not have."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Missing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/proxy.pac"
        server.shutdown()


def test_a_missing_file_is_reported(address: str, tmp_path: Path) -> None:
    """By the server's status, or by the system's sentence."""
    for script, cause in ((address, "404"), ((tmp_path / "a.pac").as_uri(), os.strerror(errno.ENOENT))):
        with pytest.raises(PortalUnavailable) as raised:
            fetch_script(Proxies(script=script), Access().trust)
        assert (raised.value.reason, raised.value.facts["cause"]) == ("pac", cause)


def test_a_network_may_have_no_file(address: str) -> None:
    """Where a network is only asked for one, there is no proxy."""
    assert not fetch_script(Proxies(script=address, optional=True), Access().trust)
