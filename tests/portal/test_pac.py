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
    """A server without any file."""

    def answer(self) -> None:
        """Send the status and no body."""
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address of a PAC file that does not exist."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Missing) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/proxy.pac"
        server.shutdown()


def test_missing_file_is_reported(address: str, tmp_path: Path) -> None:
    """The cause is the status of the server, or the message of the system."""
    for script, cause in ((address, "404"), ((tmp_path / "a.pac").as_uri(), os.strerror(errno.ENOENT))):
        with pytest.raises(PortalUnavailable) as raised:
            fetch_script(Proxies(script=script), Access().trust)
        assert (raised.value.reason, raised.value.facts["cause"]) == ("pac", cause)


def test_missing_optional_file_means_no_proxy(address: str) -> None:
    """Where the file is optional, there is no proxy."""
    assert not fetch_script(Proxies(script=address, optional=True), Access().trust)
