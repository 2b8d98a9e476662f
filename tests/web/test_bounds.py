"""Clients that are slow, many, or speak no HTTP: bounded, and the feed still answers others."""

import asyncio
import time
from contextlib import ExitStack

import pytest
from starlette.types import Receive, Scope, Send

from scraper.web import connection
from scraper.web.feed.feed_app import Feed
from tests.web.conftest import Served, to_the_end

pytestmark = pytest.mark.slow


def test_a_hundred_that_say_half(served: Served) -> None:
    """While a hundred have started a request and send nothing more, another one is answered at once."""
    with ExitStack() as open_ones:
        for _ in range(100):
            open_ones.enter_context(served.connected()).sendall(b"GET " + served.path.encode() + b" HTTP/1.1\r\nx: ")
        began = time.monotonic()
        assert served.ask(served.path).status == 200
        assert time.monotonic() - began < 5


def test_more_than_may_be(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more ends the one that has waited longest; the newest are answered."""
    monkeypatch.setattr(connection, "MOST", 3)
    with ExitStack() as open_ones:
        waiting = [open_ones.enter_context(served.connected()) for _ in range(3)]
        assert served.ask(served.path).status == 200
        assert to_the_end(waiting[0]) == b""
        waiting[2].sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert waiting[2].recv(100).startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("detail", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"])
def test_a_client_that_stays_silent(served: Served, monkeypatch: pytest.MonkeyPatch, detail: bytes) -> None:
    """Its connection is ended after a time, whether it sent nothing, half a request, or got its answer."""
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    with served.connected() as one:
        one.sendall(detail)
        assert to_the_end(one).count(b"HTTP/1.1 ") == detail.startswith(b"POST")


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_server_that_works_long(served: Served, monkeypatch: pytest.MonkeyPatch, version: bytes) -> None:
    """Its own work does not end the connection: a browser would send the same form a second time."""
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    answer = Feed.__call__

    async def slow(feed: Feed, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1)
        await answer(feed, scope, receive, send)

    monkeypatch.setattr(Feed, "__call__", slow)
    with served.connected() as one:
        one.sendall(b"GET " + served.path.encode() + b" HTTP/" + version + b"\r\nhost: x\r\n\r\n")
        assert to_the_end(one).count(b" 200 OK") == 1


def test_a_client_that_does_not_read(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is ended in the middle of a long response."""
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    body = b"x" * 30_000_000
    served.put(body)
    with served.connected() as one:
        one.sendall(b"GET " + served.path.encode() + b" HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(1.5)
        assert 0 < len(to_the_end(one)) < len(body)


@pytest.mark.parametrize("detail", [b"\x16\x03\x01 hello\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_request(served: Served, detail: bytes) -> None:
    """TLS, nonsense, a request without a host: 404 without a body, and the connection ends."""
    with served.connected() as one:
        one.sendall(detail)
        reported = to_the_end(one)
    assert reported.startswith(b"HTTP/1.1 404")
    assert reported.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_with_two_lengths(served: Served, method: str) -> None:
    """It is none, and what follows it is not read as another one."""
    with served.connected() as one:
        head = f"{method} {served.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n"
        one.sendall(head.encode() + b"0\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n")
        answered = to_the_end(one)
    assert answered.startswith(b"HTTP/1.1 404")
    assert answered.count(b"HTTP/1.1") == 1


def test_headers_without_end(served: Served) -> None:
    """They are not read on for ever: the connection ends after some hundred kilobytes."""
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
