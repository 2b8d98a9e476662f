"""Clients that are slow, numerous or send invalid HTTP: they are bounded, and the feed answers others."""

import asyncio
import time
from contextlib import ExitStack

import pytest
from starlette.types import Receive, Scope, Send

from scraper.web import connection
from scraper.web.feed.feed_app import Feed
from tests.cases import for_each
from tests.web.conftest import Served, read_to_end

pytestmark = pytest.mark.slow


def test_feed_answers_beside_a_hundred_incomplete_requests(served: Served) -> None:
    """The other clients send nothing more."""
    with ExitStack() as open_ones:
        for _ in range(100):
            open_ones.enter_context(served.connected()).sendall(b"GET " + served.path.encode() + b" HTTP/1.1\r\nx: ")
        began = time.monotonic()
        assert served.ask(served.path).status == 200
        assert time.monotonic() - began < connection.PATIENCE, "before the others are closed"


def test_connection_above_the_limit_ends_the_oldest(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest connections are answered."""
    monkeypatch.setattr(connection, "MOST", 3)
    with ExitStack() as open_ones:
        waiting = [open_ones.enter_context(served.connected()) for _ in range(3)]
        assert served.ask(served.path).status == 200
        assert read_to_end(waiting[0]) == b""
        waiting[2].sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert waiting[2].recv(100).startswith(b"HTTP/1.1 404")


@for_each("detail", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"])
def test_silent_connection_is_closed(served: Served, monkeypatch: pytest.MonkeyPatch, detail: bytes) -> None:
    """It sends nothing, half a request, or nothing after an answer."""
    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    with served.connected() as one:
        one.sendall(detail)
        assert read_to_end(one).count(b"HTTP/1.1 ") == detail.startswith(b"POST")


def test_long_answer_does_not_close_the_connection(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser would send the same form a second time."""
    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    answer = Feed.__call__

    async def slow(feed: Feed, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1)
        await answer(feed, scope, receive, send)

    monkeypatch.setattr(Feed, "__call__", slow)
    with served.connected() as one, served.connected() as other:
        for asking, version in ((one, b"1.0"), (other, b"1.1")):
            asking.sendall(b"GET " + served.path.encode() + b" HTTP/" + version + b"\r\nhost: x\r\n\r\n")
        assert [read_to_end(asking).count(b" 200 OK") for asking in (one, other)] == [1, 1]


def test_client_that_does_not_read_is_disconnected(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection ends in the middle of a long response."""
    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    body = b"x" * 30_000_000
    served.put(body)
    with served.connected() as one:
        one.sendall(b"GET " + served.path.encode() + b" HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(1.5)
        assert 0 < len(read_to_end(one)) < len(body)


@for_each("detail", [b"\x16\x03\x01 hello\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_invalid_request_gets_404_without_a_body(served: Served, detail: bytes) -> None:
    """TLS, another protocol, a request without a host: the connection is closed afterwards."""
    with served.connected() as one:
        one.sendall(detail)
        reported = read_to_end(one)
    assert reported.startswith(b"HTTP/1.1 404")
    assert reported.endswith(b"\r\n\r\n")


@for_each("method", ["GET", "POST"])
def test_request_with_two_lengths_is_refused(served: Served, method: str) -> None:
    """Nothing after it is read as another request."""
    with served.connected() as one:
        head = f"{method} {served.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n"
        one.sendall(head.encode() + b"0\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n")
        answered = read_to_end(one)
    assert answered.startswith(b"HTTP/1.1 404")
    assert answered.count(b"HTTP/1.1") == 1


def test_endless_headers_are_cut_off(served: Served) -> None:
    """The connection is closed after some hundred kilobytes."""
    with served.connected() as one:
        sent = 0
        try:
            one.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n")
            while sent < 50_000_000:
                sent += one.send(b"x: " + b"a" * 60_000 + b"\r\n")
        except ConnectionError:
            pass
    assert sent < 50_000_000
    assert served.ask(served.path).status == 200
