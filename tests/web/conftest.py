"""A feed with one subscriber, on a port of this machine."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from scraper.ical.entry import Client
from scraper.publishing.feeds.feed_files import FeedCalendar, calendar_file
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.web.feed.feed_app import Feed, feed_application
from scraper.web.server import create_server, listen, run_server, server_url
from tests.http_requests import Answer, asked

KEY = "0123456789abcdef"
SINCE = 1_780_000_000


def calendar(detail: str) -> bytes:
    """Return a calendar with this text."""
    return f"BEGIN:VCALENDAR\r\nX-SAID:{detail * 500}\r\nEND:VCALENDAR\r\n".encode()


def read_to_end(connection: socket.socket) -> bytes:
    """Return everything received until the other side ends the connection."""
    reported = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            reported += part
    return reported


@dataclass(slots=True, kw_only=True)
class Served:
    """A feed that is served, and the state folder behind it."""

    state: Path
    feed: Feed
    address: str
    port: int
    path: str = ""
    subscribers: Subscribers = field(init=False)

    def __post_init__(self) -> None:
        """Its one subscriber."""
        self.subscribers = Subscribers(self.state)
        self.path = self.subscribe("Phone")

    def subscribe(self, label: str, client: Client | str = "") -> str:
        """Add a subscriber; return the path of its calendar."""
        made, secret = self.subscribers.add(
            label, account="anna", key=KEY, calendar=FeedCalendar(client=client), name="anna"
        )  # type: ignore[arg-type]
        return f"/c/{secret}/{made.name}.ics"

    def file(self, client: str = "") -> Path:
        """Return the path of the calendar."""
        return calendar_file(self.state, KEY, FeedCalendar(client=client))  # type: ignore[arg-type]

    def put(self, body: bytes, client: str = "", at: float = SINCE) -> None:
        """Write the calendar, as an export does."""
        self.file(client).parent.mkdir(parents=True, exist_ok=True)
        beside = self.file(client).with_suffix(".new")
        beside.write_bytes(body)
        os.utime(beside, (at, at))
        beside.replace(self.file(client))

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request on a connection of its own."""
        reported = {name.replace("_", "-"): value for name, value in headers.items()}
        return asked(f"127.0.0.1:{self.port}", method, path, reported)

    def connected(self) -> socket.socket:
        """Open a connection without sending anything."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@pytest.fixture
def served(tmp_path: Path, stopping: list[Thread]) -> Iterator[Served]:
    """A feed with a calendar and its subscriber; shown under `/agenda`, too."""
    feed = Feed(tmp_path, lambda: datetime.now(UTC))
    listening = listen("127.0.0.1", 0)
    server = create_server(feed_application(feed, "/agenda"))
    thread = Thread(target=run_server, args=(server, listening))
    thread.start()
    made = Served(state=tmp_path, feed=feed, address=server_url(listening), port=listening.getsockname()[1])
    made.put(calendar("first"))
    yield made
    server.should_exit = True
    stopping.append(thread)
