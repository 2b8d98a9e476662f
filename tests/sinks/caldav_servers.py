"""Radicale and Xandikos on ports of this machine; tests replace answers, change events and count requests there."""

import base64
import http.client
import io
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import radicale
import radicale.config
import xandikos.web

from scraper.domain.sink_kind import Destination
from scraper.sinks.caldav.sink import CalDavSink
from scraper.sinks.sink_service import SinkConnection
from scraper.system.network.access import Access

USER, PASSWORD = "anna", 'motdepasse é€ "du+serveur'
SECONDS_OF_AGES = 10_000_000_000
Answer = Callable[[Mapping[str, Any], Any], Iterable[bytes]]


class Threads(socketserver.ThreadingMixIn, WSGIServer):
    """A server that answers several requests at once."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log_message(self, *_: object) -> None:
        """Do nothing."""


@dataclass(slots=True, kw_only=True)
class Server:
    """A server: `asked` are its requests; `instead` answers in its place where it is set.

    `home` is the path of the user's calendars, `kept` the folder where their files are.
    """

    folder: Path
    home: str
    kept: Path
    address: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    instead: Callable[[Mapping[str, Any]], Answer | None] = lambda _: None
    application: Answer | None = None

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        """Make a request as another program of the same user; it is not among `asked`."""
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        reported = {
            "Authorization": f"Basic {secret}",
            "X-Test": "1",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        with closing(http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=20)) as connection:
            connection.request(method, path, body, reported)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def collection(self, name: str) -> str:
        """Create a calendar and return its address."""
        path = f"{self.home}{name}/"
        assert self.ask("MKCALENDAR", path)[0] == 201
        return f"{self.address}{path}"

    def sink(self, name: str, **options: Any) -> CalDavSink:  # noqa: ANN401 - the sink's own
        """Return a sink for a new calendar."""
        return self.sink_at(self.collection(name), **options)

    def sink_at(self, address: str, state: Path | None = None, **options: Any) -> CalDavSink:  # noqa: ANN401 - the sink's own
        """Return a sink for an existing calendar."""
        return caldav_sink(address, USER, state or self.folder / "state", **options)

    def events(self, sink: CalDavSink) -> dict[str, bytes]:
        """Return the events of the sink's calendar by their names."""
        kept = self.kept / sink.name.rstrip("/").rpartition("/")[2]
        return {file.name: file.read_bytes() for file in sorted(kept.glob("*.ics"))}

    def write(self, sink: CalDavSink, name: str, body: bytes) -> None:
        """Change an event as its user does."""
        assert self.ask("PUT", self._path(sink, name), body, Content_Type="text/calendar")[0] in {201, 204}

    def remove(self, sink: CalDavSink, name: str) -> None:
        """Delete an event as its user does."""
        assert self.ask("DELETE", self._path(sink, name))[0] in {200, 204}

    def restore(self) -> None:
        """Clear the list of requests and remove the answers of a test."""
        self.instead = lambda _: None
        self.asked.clear()
        self.conditions.clear()

    def since(self) -> list[str]:
        """Return the methods of the requests since the last call."""
        reported, self.asked[:] = [method for method, _ in self.asked], []
        return reported

    def _path(self, sink: CalDavSink, name: str) -> str:
        return sink.name.removeprefix(self.address) + name


def caldav_sink(address: str, user: str, state: Path, *, uids: str = "same", **options: Any) -> CalDavSink:  # noqa: ANN401 - the sink's own
    """Return a sink for a collection."""
    return CalDavSink(
        destination=Destination(kind="caldav", address=address, user=user, options={"uids": uids}),
        connection=SinkConnection(password=lambda: PASSWORD, state=state, access=Access), **options,
    )  # fmt: skip


class Radicale(Server):
    """Radicale."""


class Xandikos(Server):
    """Xandikos, which keeps each calendar in git."""


@contextmanager
def radicale_in(folder: Path) -> Iterator[Radicale]:
    """Run Radicale with a user and its password."""
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    settings = radicale.config.load()
    settings.update(
        {
            "auth": {
                "type": "htpasswd",
                "htpasswd_filename": str(folder / "users"),
                "htpasswd_encryption": "plain",
                "delay": "0",
            },
            "storage": {
                "filesystem_folder": str(folder / "store"),
                "_filesystem_fsync": "False",
                # A token's age is the clock's time less its file's; only the first of the two can be a test's own.
                "max_sync_token_age": str(SECONDS_OF_AGES),
            },
            "logging": {"level": "critical"},
        },
        "test",
        privileged=True,
    )
    kept = folder / "store" / "collection-root" / USER
    made = Radicale(folder=folder, home=f"/{USER}/", kept=kept, application=radicale.Application(settings))
    with _served(made):
        yield made


@contextmanager
def xandikos_in(folder: Path) -> Iterator[Xandikos]:
    """Run Xandikos with a user and its password, checked here: Xandikos leaves that to a server before it."""
    store = folder / "store"
    store.mkdir()
    backend = xandikos.web.SingleUserFilesystemBackend(str(store))
    backend.create_principal(f"/{USER}/", create_defaults=True)
    application = xandikos.web.XandikosApp(backend, f"/{USER}/").handle_wsgi_request
    secret = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    def answer(environment: Mapping[str, Any], start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        body = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        if environment.get("HTTP_AUTHORIZATION") != secret:
            return saying("401 Unauthorized", ("WWW-Authenticate", 'Basic realm="x"'))(environment)(environment, start)
        whole: Iterable[bytes] = application({**environment, "wsgi.input": io.BytesIO(body)}, start)
        return whole

    home = f"/{USER}/calendars/"
    made = Xandikos(folder=folder, home=home, kept=store / USER / "calendars", application=answer)
    with _served(made):
        yield made


@contextmanager
def _served(made: Server) -> Iterator[None]:
    application = made.application
    assert application

    def answer(environment: dict[str, Any], start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        if "HTTP_X_TEST" not in environment:
            made.asked.append((environment["REQUEST_METHOD"], environment["PATH_INFO"]))
            condition = environment.get("HTTP_IF_MATCH") or environment.get("HTTP_IF_NONE_MATCH") or ""
            made.conditions.append(condition)
            if (other := made.instead(environment)) is not None:
                return other(environment, start)
        return application(environment, start)

    server = make_server("127.0.0.1", 0, answer, Threads, Quiet)
    made.address = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Serve in a thread while the block lasts, then close the server."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def saying(status: str, *headers: tuple[str, str], body: bytes = b"") -> Callable[[Mapping[str, Any]], Answer]:
    """Answer every request with this status."""

    def answer(_: Mapping[str, Any], start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        start(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return lambda _: answer
