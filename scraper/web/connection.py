"""Connections with limits: on their number, on the time for a request, and 404 for anything that is not HTTP."""

import math
from asyncio import BaseTransport, TimerHandle
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 400
"""The most connections at once; another one closes the connection that has waited longest for its client."""
PATIENCE = 30.0
"""Seconds that a client has to send a request, and to receive its response; the server's own work is not limited."""
LONGEST_HEAD = 16_384
"""The most bytes of a request's first line and headers."""
SENT = frozenset({h11.DONE, h11.MUST_CLOSE, h11.CLOSED})
"""States of a client that has sent its complete request."""
LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
NO_REQUEST = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class OneLengthConnection(h11.Connection):
    """h11's connection, except that it refuses a request with two lengths (request smuggling through a proxy)."""

    def next_event(self) -> Any:  # noqa: ANN401 - the type is h11's
        """Return the next event. Raise RemoteProtocolError."""
        event = super().next_event()
        if isinstance(event, h11.Request) and {name for name, _ in event.headers} >= LENGTHS:
            raise h11.RemoteProtocolError("two lengths")
        return event


class Connection(H11Protocol):
    """uvicorn's connection, with a time limit for slow clients and no error responses that disable calendars."""

    deadline: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Start the client's time limit; above `MOST` connections close the one that has waited longest."""
        self.conn = OneLengthConnection(h11.SERVER, LONGEST_HEAD)
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()
        if len(self.connections) > MOST:
            own = [one for one in self.connections if isinstance(one, Connection)]
            min(own, key=lambda one: one.deadline_at).transport.abort()

    def handle_events(self) -> None:
        """Stop the time limit while the server works on a complete request: a browser would send a form again."""
        super().handle_events()
        if self.conn.their_state in SENT and self.conn.our_state is h11.SEND_RESPONSE:
            self._wait(is_over=True)

    def pause_writing(self) -> None:
        """Start the time limit of a client that reads slowly."""
        super().pause_writing()
        if not self.deadline:
            self._wait()

    def on_response_complete(self) -> None:
        """Start the time limit of the next request, which may have been received already."""
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the time limit."""
        self._wait(is_over=True)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the signature is uvicorn's
        """Answer an invalid or too long request with 404."""
        if self.conn.our_state is h11.IDLE or self.conn.our_state is h11.SEND_RESPONSE:
            self.transport.write(NO_REQUEST)
        self.transport.close()

    @property
    def deadline_at(self) -> float:
        """When the time limit ends, on the event loop's clock; infinite while the server works."""
        return self.deadline.when() if self.deadline else math.inf

    def _wait(self, *, is_over: bool = False) -> None:
        if self.deadline:
            self.deadline.cancel()
        self.deadline = None if is_over else self.loop.call_later(PATIENCE, self.transport.abort)
