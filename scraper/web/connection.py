"""A connection that is bounded: so many at once, each with so long for a request; what is no HTTP is 404 as well."""

from asyncio import BaseTransport, TimerHandle
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 400
"""Connections at once; one more ends that which has waited longest for its client."""
PATIENCE = 30.0
"""Seconds from a connection's begin, or from its last answer, to the end of the next answer."""
LONGEST_HEAD = 16_384
"""Bytes of a request's first line and headers."""
LENGTHS = frozenset({b"content-length", b"transfer-encoding"})
NO_REQUEST = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class OneLength(h11.Connection):
    """h11's own, which reads on after a request with two lengths: a proxy may have taken another for its body's."""

    def next_event(self) -> Any:  # noqa: ANN401 - h11's own events
        """Give what comes next. Raises RemoteProtocolError."""
        event = super().next_event()
        if isinstance(event, h11.Request) and {name for name, _ in event.headers} >= LENGTHS:
            raise h11.RemoteProtocolError("two lengths")
        return event


class Connection(H11Protocol):
    """uvicorn's own, which knows of no slow clients, and answers too many with an error that clients take amiss."""

    deadline: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to count the time of a client."""
        self.conn = OneLength(h11.SERVER, LONGEST_HEAD)
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()
        if len(self.connections) > MOST:
            own = [one for one in self.connections if isinstance(one, Connection)]
            min(own, key=lambda one: one.until).transport.abort()

    def on_response_complete(self) -> None:
        """It has its answer."""
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It went."""
        self._wait(over=True)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are none for a calendar
        """What it sent is no request, or too long a one."""
        if self.conn.our_state is h11.IDLE or self.conn.our_state is h11.SEND_RESPONSE:
            self.transport.write(NO_REQUEST)
        self.transport.close()

    @property
    def until(self) -> float:
        """When its time ends, on the loop's clock."""
        return self.deadline.when() if self.deadline else 0

    def _wait(self, *, over: bool = False) -> None:
        if self.deadline:
            self.deadline.cancel()
        self.deadline = None if over else self.loop.call_later(PATIENCE, self.transport.abort)
