"""Serve the demo portal on 127.0.0.1 with threads that all end when it stops."""

import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from scraper.demo.assets import PREFIX, load_resources
from scraper.demo.controls import Control, LoggedExchange
from scraper.demo.event_json import Wire
from scraper.demo.faults import FaultInjector
from scraper.demo.http import HttpResponse, Request, page, redirect
from scraper.demo.jsf import JsfApplication
from scraper.demo.portal import Portal
from scraper.demo.templates import fill_slots
from scraper.demo.timetable import Timetable
from scraper.demo.variant import Variant
from scraper.errors import SettingsError

HOST = "127.0.0.1"


class Demo:
    """A portal that runs while the `with` block runs.

    `events` are dicts as in a response (`{"id", "title", "start", "end", "allDay", "className"}`); the default is an
    invented year around today; browsers that request English get them without rooms. `changing`: the next day's first
    lesson changes its room each second, so that two exports differ. `port` 0: any free port. Entering raises
    SettingsError("demo-port") where the port is not available.
    """

    def __init__(
        self,
        *,
        variant: Variant | None = None,
        control: Control | None = None,
        events: Iterable[Wire] | None = None,
        port: int = 0,
        changing: bool = False,
    ) -> None:
        self.variant = variant or Variant()
        self.control = control or Control()
        timetable = Timetable(events, changing=changing)
        self._gate = FaultInjector(Portal(self.variant, JsfApplication(self.variant, timetable)), self.control)
        self._asked_port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The portal's address with its context and without a final slash."""
        port = self._server.server_port if self._server else self._asked_port
        return f"http://{HOST}:{port}{self.variant.context}"

    @property
    def log(self) -> list[LoggedExchange]:
        """All requests so far in the order of their responses, except those for scripts and styles."""
        return self._gate.log

    def __enter__(self) -> Self:
        resources = load_resources()
        try:
            self._server = _Server(self._asked_port, self._gate, resources)
        except (OSError, OverflowError) as error:
            raise SettingsError("demo-port", port=self._asked_port) from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server and self._thread:
            self._server.stop()
            self._thread.join()


class _Server(ThreadingHTTPServer):
    """A server with one thread per connection; `stop` ends them all, including idle and delayed ones."""

    daemon_threads = False

    def __init__(self, port: int, gate: FaultInjector, resources: Mapping[str, HttpResponse]) -> None:
        self.gate = gate
        self.resources = resources
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the library's signature
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's signature
        """Ignore errors: a browser may close its connection at any time."""

    def stop(self) -> None:
        """Stop accepting connections, close the open ones and wait for all threads."""
        self.shutdown()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.gate.close()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """A handler that converts HTTP/1.1 to a Request and an Answer to HTTP/1.1."""

    protocol_version = "HTTP/1.1"
    server: _Server
    # Without buffering, each response waits for the browser's delayed acknowledgement of its headers.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        self._serve(dict(reversed(parse_qsl(body, keep_blank_values=True))))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's signature
        """Log nothing here: the FaultInjector keeps the log."""

    def _serve(self, form: Mapping[str, str]) -> None:
        context = self.server.gate.portal.variant.context
        address = urlsplit(self.path)
        path = unquote(address.path)
        if context and path == context:
            self._send(redirect(f"{context}/"))
        elif not path.startswith(f"{context}/"):
            self._send(_not_found(path))
        else:
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            self._send(self._answer(path.removeprefix(context), {**form, **query}))

    def _answer(self, path: str, parameters: Mapping[str, str]) -> HttpResponse:
        if path.startswith(PREFIX):
            return self.server.resources.get(path.removeprefix(PREFIX)) or _not_found(path)
        if path == "/favicon.ico":
            return _not_found(path)
        return self.server.gate.answer(self._request(path, parameters))

    def _request(self, path: str, parameters: Mapping[str, str]) -> Request:
        english = (self.headers.get("Accept-Language") or "").lower().startswith("en")
        return Request(
            method=self.command,
            path=path,
            port=self.server.server_port,
            parameters=parameters,
            session=_cookie(self.headers.get("Cookie") or ""),
            language="en" if english else "fr",
            faces=self.headers.get("Faces-Request") == "partial/ajax",
        )

    def _send(self, answer: HttpResponse) -> None:
        if answer.drop:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in self._headers(answer).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])
        self.close_connection = self.close_connection or answer.cut is not None

    def _headers(self, answer: HttpResponse) -> Mapping[str, str]:
        root = self.server.gate.portal.variant.context or "/"
        return {
            "Cache-Control": answer.cache,
            "Set-Cookie": f"JSESSIONID={answer.cookie}; Path={root}; HttpOnly" if answer.cookie else "",
            "Location": answer.location,
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            "Date": self.date_time_string(),
        }


def _not_found(path: str) -> HttpResponse:
    return page(fill_slots("status.html", status=404, message=path), status=404)


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get("JSESSIONID")
    except CookieError:
        return ""
    return found.value if found else ""
