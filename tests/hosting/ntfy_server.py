"""A server of ntfy and Discord on this machine, which stores the messages."""

import json
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(slots=True)
class NtfyServer:
    """A server; `status` is its answer, 0 closes the connection. `before_answer` is called before each answer."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    before_answer: Callable[[], None] = lambda: None
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def messages(self) -> dict[str, list[str]]:
        """The messages of each topic."""
        found = defaultdict(list)
        for _, body in self.requests:
            found[body["topic"]].append(f"{body['title']}\n{body['message']}")
        return dict(found)

    def titles(self, topic: str = "topic-1") -> list[str]:
        """The titles of the topic's messages."""
        return [message.partition("\n")[0] for message in self.messages.get(topic, [])]


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    def __init__(self, server: NtfyServer, *arguments: Any) -> None:  # noqa: ANN401 - those of the base class
        self.ntfy = server
        super().__init__(*arguments)

    def do_POST(self) -> None:
        """Keep path and body."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.ntfy.requests.append((self.path, json.loads(body)))
        self.ntfy.before_answer()
        if self.ntfy.status:
            self.send_response(self.ntfy.status)
            for name, value in self.ntfy.headers.items():
                self.send_header(name, value)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def running_ntfy(context: ssl.SSLContext | None = None) -> Iterator[NtfyServer]:
    """Run a server, with a context over TLS."""
    ntfy = NtfyServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, ntfy)) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        ntfy.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield ntfy
        finally:
            server.shutdown()
            thread.join()
