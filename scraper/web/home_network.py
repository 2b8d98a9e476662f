"""A second server that serves only the feed, at this machine's address in the home network.

The page itself stays on this machine: other devices can read calendars at secret addresses, and nothing else.
"""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

import uvicorn

from scraper.errors import SettingsError
from scraper.publishing.feeds.feed_urls import reach_of, remember_served
from scraper.system.crash_report import save_bug
from scraper.system.repeat import repeat
from scraper.web.feed.feed_app import Feed, feed_application
from scraper.web.server import create_server, listen, network_address, serve_socket, server_url
from scraper.web.server_options import ServerOptions

LOOK = 30.0
"""Seconds between two looks at this machine's address, which another network changes."""
PATIENCE = 10.0


@dataclass(slots=True, kw_only=True)
class HomeNetwork:
    """The feed in the home network; `own_address` is where the feed is served without it."""

    state: Path
    feed: Feed = field(repr=False)
    port: int
    own_address: str
    root: str = ""
    address: str = ""
    _server: uvicorn.Server | None = None
    _thread: Thread | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def is_on(self) -> bool:
        """Whether devices of the network can read the calendars now."""
        return bool(self.address)

    def turn_on(self) -> None:
        """Serve the feed in the network, also after the next start. Raise SettingsError("no-network") and others."""
        with self._lock:
            self._stop()
            self._start()
        ServerOptions(self.state).set_network(is_on=True)

    def turn_off(self) -> None:
        """Stop serving it there. Raise DeliveryError or AnotherRun."""
        ServerOptions(self.state).set_network(is_on=False)
        with self._lock:
            self._stop()
        remember_served(self.state, self.own_address)

    def follow(self, over: Event) -> None:
        """Serve the feed while the option is on, until `over`, at the machine's address in each network it joins."""
        repeat(self._follow_network, LOOK, over, save_bug)
        with self._lock:
            self._stop()

    def _follow_network(self) -> None:
        with self._lock:
            is_alive = self._thread is not None and self._thread.is_alive()
            is_reachable = is_alive and f"//{network_address()}:" in self.address
            if ServerOptions(self.state).has_network and not is_reachable:
                self._stop()
                self._start()

    def _start(self) -> None:
        host = network_address()
        if reach_of(f"http://{host}") == "here":
            raise SettingsError("no-network")
        listening = listen(host, self.port)
        server = create_server(feed_application(self.feed, self.root))
        thread = Thread(target=serve_socket, args=(server, listening), daemon=True)
        thread.start()
        self._server, self._thread = server, thread
        self.address = server_url(listening, self.root)
        remember_served(self.state, self.address)

    def _stop(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(PATIENCE)
        self._server, self._thread, self.address = None, None, ""
