"""CalDAV sink: a collection gets the calendar's events, each under a condition; events of others stay."""

import base64
import hashlib
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import DeliveryError, Interrupted, SinkRefused, SinkUnavailable
from scraper.sinks.caldav.client import open_client
from scraper.sinks.caldav.objects import split_calendar
from scraper.sinks.caldav.push import MOST_ALIKE, PROBES
from scraper.sinks.caldav.sink import CalDavSink
from tests.cases import for_each
from tests.sinks.caldav_servers import PASSWORD, USER, Answer, Server, caldav_sink, saying
from tests.sinks.calendars import calendar, uid_of

pytestmark = pytest.mark.slow

FOUR = calendar(range(4))
one_server = pytest.mark.parametrize("server", ["radicale"], indirect=True)
"""A mark of tests in which it does not matter which server it is."""


@pytest.fixture
def sink(server: Server, tmp_path: Path) -> CalDavSink:
    """A calendar with four lessons, pushed."""
    made = server.sink(tmp_path.name, state=tmp_path / "state")
    assert made.deliver(FOUR) is True
    server.since()
    server.conditions.clear()
    return made


def name_of(number: int) -> str:
    """Return the name of a lesson at the server."""
    return f"{uid_of(number)}.ics"


def state_file(sink: CalDavSink) -> Path:
    """Return the file of the sink's state."""
    return sink.destination.state_file(sink.connection.state)


def event_text(server: Server, sink: CalDavSink, number: int) -> str:
    """Return the text of a lesson at the server."""
    return server.events(sink)[name_of(number)].decode().replace("\r\n ", "").replace("\n ", "")


def by_hand(server: Server, sink: CalDavSink, number: int, old: str = "C601", new: str = "chez moi") -> None:
    """Replace a text in a lesson, as its user does."""
    body = server.events(sink)[name_of(number)]
    assert old.encode() in body
    server.write(sink, name_of(number), body.replace(old.encode(), new.encode()))


def failure(sink: CalDavSink, body: bytes) -> DeliveryError:
    """Return the error of a delivery; it has no password."""
    with pytest.raises(DeliveryError) as caught:
        sink.deliver(body)
    assert caught.value.facts["path"] == sink.name
    reported = "".join(traceback.format_exception(caught.value)) + repr(sink)
    assert PASSWORD not in reported
    return caught.value


def test_push_without_changes_makes_one_request(server: Server, sink: CalDavSink) -> None:
    """One request, which returns nothing; the scheme of the authentication is known by then."""
    for _ in range(2):
        assert sink.deliver(FOUR) is False
        assert server.since() == ["REPORT"]
    assert sink.locally_modified == ()


def test_each_change_has_its_condition(server: Server, sink: CalDavSink) -> None:
    """New events replace no event, others only the known version; events of other programs stay."""
    server.write(sink, "mine.ics", next(iter(split_calendar(calendar([99])).values())).body)
    body = calendar([1, 2, 3, 5], changed=[2], cancelled=[3], revision=1)
    assert sink.deliver(body) is True
    assert server.since() == ["REPORT", "PUT", "PUT", "PUT", "DELETE", "REPORT"]
    assert sorted(server.events(sink)) == sorted([*map(name_of, [1, 2, 3, 5]), "mine.ics"])
    first, changed, cancelled, new, gone, _ = server.conditions
    assert (first, new) == ("", "*")
    assert all(condition.startswith('"') for condition in (changed, cancelled, gone))
    assert "LOCATION:B305" in event_text(server, sink, 2)
    assert "STATUS:CANCELLED" in event_text(server, sink, 3)
    assert sink.deliver(body) is False


def test_edited_event_stays_and_is_reported(server: Server, sink: CalDavSink) -> None:
    """Also where the planning changes or drops the lesson; deleted at the server, it follows the planning again."""
    by_hand(server, sink, 1)
    by_hand(server, sink, 2)
    moved = calendar(range(4), changed=[0, 1], revision=1)
    assert sink.deliver(moved) is True
    assert "chez moi" in event_text(server, sink, 1)
    assert "B305" in event_text(server, sink, 0)
    assert sorted(sink.locally_modified) == sorted([uid_of(1), uid_of(2)])
    server.since()
    assert sink.deliver(moved) is False
    assert server.since() == ["REPORT"]
    assert len(sink.locally_modified) == 2
    server.remove(sink, name_of(1))
    assert sink.deliver(calendar([0, 1], changed=[0, 1], revision=1)) is True
    assert "B305" in event_text(server, sink, 1)
    assert "chez moi" in event_text(server, sink, 2)
    assert sink.locally_modified == ()


def test_undone_edit_is_no_longer_reported(server: Server, sink: CalDavSink) -> None:
    """An event that equals the pushed one again follows the planning again."""
    by_hand(server, sink, 1)
    sink.deliver(FOUR)
    assert sink.locally_modified == (uid_of(1),)
    by_hand(server, sink, 1, "chez moi", "C601")
    assert sink.deliver(calendar(range(4), changed=[1], revision=1)) is True
    assert "B305" in event_text(server, sink, 1)
    assert sink.locally_modified == ()


def test_marks_of_programs_are_not_edits(server: Server, sink: CalDavSink) -> None:
    """A dismissed alarm, as Thunderbird writes it, and new time stamps are no edits; another alarm is."""
    by_hand(server, sink, 1, "STATUS:CONFIRMED", "X-MOZ-LASTACK:20261126T070000Z\r\nSTATUS:CONFIRMED")
    by_hand(server, sink, 1, "20261124T000000Z", "20261201T000000Z")
    by_hand(server, sink, 2, "TRIGGER:-PT10M", "TRIGGER:-PT45M")
    sink.deliver(calendar(range(4), changed=[1, 2], revision=1))
    assert "B305" in event_text(server, sink, 1)
    assert "-PT45M" in event_text(server, sink, 2)
    assert sink.locally_modified == (uid_of(2),)


def test_edit_between_listing_and_push_stays(server: Server, sink: CalDavSink) -> None:
    """The condition does not hold: the edited event stays, and is reported."""

    def meanwhile(asked: Mapping[str, Any]) -> None:
        if asked["REQUEST_METHOD"] == "PUT":
            server.instead = lambda _: None
            by_hand(server, sink, 1)

    server.instead = meanwhile
    sink.deliver(calendar(range(4), changed=[1], revision=1))
    assert "chez moi" in event_text(server, sink, 1)
    assert sink.locally_modified == (uid_of(1),)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_mark_of_a_program_between_listing_and_push_does_not_stop_it(
    server: Server, sink: CalDavSink, method: str
) -> None:
    """Only the ETag is new: the event is changed, or deleted, in the same push."""

    def meanwhile(asked: Mapping[str, Any]) -> None:
        if asked["REQUEST_METHOD"] == method:
            server.instead = lambda _: None
            by_hand(server, sink, 1, "STATUS:CONFIRMED", "X-MOZ-LASTACK:20261126T070000Z\r\nSTATUS:CONFIRMED")

    server.instead = meanwhile
    body = calendar(range(4), changed=[1], revision=1) if method == "PUT" else calendar([0, 2, 3])
    assert sink.deliver(body) is True
    assert server.since() == ["REPORT", method, "GET", method]
    assert "B305" in event_text(server, sink, 1) if method == "PUT" else name_of(1) not in server.events(sink)
    assert (sink.deliver(body), sink.locally_modified) == (False, ())


def test_push_after_a_failed_one_sends_the_rest(server: Server, sink: CalDavSink) -> None:
    """Events that were stored are not sent again."""
    puts = 0

    def going_away(asked: Mapping[str, Any]) -> Answer | None:
        nonlocal puts
        puts += asked["REQUEST_METHOD"] == "PUT"
        return saying("503 Service Unavailable")(asked) if puts > 2 else None

    server.instead = going_away
    many = calendar(range(8))
    error = failure(sink, many)
    assert (type(error), error.reason) == (SinkUnavailable, "caldav-busy")
    assert (len(server.events(sink)), sink.current()) == (6, FOUR)
    server.instead = lambda _: None
    server.since()
    assert sink.deliver(many) is True
    assert server.since() == ["REPORT", "PUT", "PUT", "REPORT"]
    assert sink.current() == many


@one_server
def test_push_stores_its_progress_on_the_way(server: Server, sink: CalDavSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a killed run only the last events need to be compared one by one."""
    monkeypatch.setattr("scraper.sinks.caldav.push.BETWEEN", 2)
    noted = []

    def looking(asked: Mapping[str, Any]) -> None:
        if asked["REQUEST_METHOD"] == "PUT":
            noted.append(len(json.loads(state_file(sink).read_text())["events"]))

    server.instead = looking
    sink.deliver(calendar(range(9)))
    assert noted == [4, 4, 6, 6, 8]


def test_push_after_a_killed_one_sends_the_rest(server: Server, sink: CalDavSink) -> None:
    """Without its progress, and without any state: equal events are recognized, the others are pushed."""
    kept = state_file(sink)
    before = kept.read_bytes()
    sink.deliver(calendar(range(6)))
    for noted in (before, None):
        server.remove(sink, name_of(5))
        kept.unlink()
        if noted:
            kept.write_bytes(noted)
        server.since()
        assert sink.deliver(calendar(range(6))) is True
        assert server.since().count("PUT") == 1
        assert len(server.events(sink)) == 6
        assert sink.locally_modified == ()


def test_differing_event_stays_where_the_state_is_lost(server: Server, sink: CalDavSink) -> None:
    """The origin of a difference is unknown; an event that was imported under another name is recognized."""
    event = server.events(sink)[name_of(2)]
    server.remove(sink, name_of(2))
    server.write(sink, "imported.ics", event)
    by_hand(server, sink, 1)
    state_file(sink).write_text("{torn")
    server.since()
    assert sink.current() is None
    assert sink.deliver(FOUR) is True
    assert "PUT" not in server.since()
    assert sink.locally_modified == (uid_of(1),)
    assert "imported.ics" in server.events(sink)


def test_unknown_sync_token_is_followed_by_a_listing(server: Server, sink: CalDavSink) -> None:
    """All events are listed again, and only missing ones pushed."""
    kept = state_file(sink)
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"token": "http://server.org/ns/sync/" + "0" * 64}))
    server.remove(sink, name_of(0))
    server.since()
    assert sink.deliver(FOUR) is True
    assert server.since() == ["REPORT", "REPORT", "PUT", "REPORT"]
    assert sink.deliver(FOUR) is False
    assert server.since() == ["REPORT"]


def test_server_without_sync_tokens_and_etags_is_listed(server: Server, tmp_path: Path) -> None:
    """The events are listed once in each run, which also gives the ETags of new ones."""

    def plain(asked: Mapping[str, Any]) -> Answer | None:
        if asked["REQUEST_METHOD"] == "REPORT":
            return saying("501 Not Implemented")(asked)

        def answer(asked: Mapping[str, Any], start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
            assert server.application
            return server.application(
                asked, lambda status, headers, *more: start(status, [h for h in headers if h[0] != "ETag"], *more)
            )

        return answer if asked["REQUEST_METHOD"] == "PUT" else None

    sink = server.sink(tmp_path.name, state=tmp_path)
    server.instead = plain
    assert sink.deliver(FOUR) is True
    assert server.since()[-1] == "PROPFIND"
    assert sink.deliver(FOUR) is False
    assert server.since() == ["PROPFIND"]
    by_hand(server, sink, 1)
    server.remove(sink, name_of(2))
    assert sink.deliver(calendar(range(4), changed=[1, 3], revision=1)) is True
    assert sink.locally_modified == (uid_of(1),)
    assert len(server.events(sink)) == 4


def digested(server: Server) -> Callable[[Mapping[str, Any]], Answer | None]:
    """Require a digest of the password before the server (RFC 7616, MD5 without qop)."""

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    def answer(asked: Mapping[str, Any]) -> Answer | None:
        given = dict(re.findall(r'(\w+)="([^"]*)"', asked.get("HTTP_AUTHORIZATION", "")))
        secret = md5(USER, "home", PASSWORD), "nonce", md5(asked["REQUEST_METHOD"], given.get("uri", ""))
        if given.get("response") != md5(*secret):
            return saying("401 Unauthorized", ("WWW-Authenticate", 'Digest realm="home", nonce="nonce"'))(asked)
        plain = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return lambda asked, start: server.application({**asked, "HTTP_AUTHORIZATION": f"Basic {plain}"}, start)  # type: ignore[misc]

    return answer


@one_server
def test_digest_authentication_sends_no_password(server: Server, tmp_path: Path) -> None:
    """A challenge is valid for a whole push; the next push begins with a new one."""
    sink = server.sink(tmp_path.name, state=tmp_path)
    server.instead = digested(server)
    assert sink.deliver(FOUR) is True
    assert server.since()[-5:] == [*["PUT"] * 4, "REPORT"]
    assert sink.deliver(FOUR) is False
    assert server.since() == ["REPORT", "REPORT"]


def test_refused_event_does_not_stop_the_others(server: Server, sink: CalDavSink) -> None:
    """The others are pushed, then the error is raised; a server that refuses all gets a few requests only."""

    def refusing(*names: str) -> Callable[[Mapping[str, Any]], Answer | None]:
        def answer(asked: Mapping[str, Any]) -> Answer | None:
            is_one = asked["REQUEST_METHOD"] == "PUT" and (not names or asked["PATH_INFO"].endswith(names))
            return saying("403 Forbidden")(asked) if is_one else None

        return answer

    server.instead = refusing(name_of(5))
    assert isinstance(failure(sink, calendar(range(8))), SinkRefused)
    assert len(server.events(sink)) == 7
    server.instead = refusing()
    server.since()
    failure(sink, calendar(range(30)))
    assert server.since().count("PUT") == MOST_ALIKE
    failure(sink, calendar(range(30)))
    assert server.since().count("PUT") == PROBES


FAULTS = [
    ("401 Unauthorized", [], SinkRefused, "caldav-password"),
    ("403 Forbidden", [], SinkRefused, "caldav-forbidden"),
    ("404 Not Found", [], SinkRefused, "caldav-none"),
    ("405 Method Not Allowed", [], SinkRefused, "caldav-none"),
    ("200 OK", [("Content-Type", "text/html")], SinkRefused, "caldav-none"),
    ("207 Multi-Status", [("Content-Type", "application/xml")], SinkRefused, "caldav-none"),
    ("302 Found", [("Location", "https://cloud.test/login?token=x")], SinkRefused, "caldav-redirect"),
    ("418 I'm a teapot", [], SinkRefused, "caldav-status"),
    ("429 Too Many Requests", [("Retry-After", "3600")], SinkUnavailable, "caldav-busy"),
    ("500 Internal Server Error", [], SinkUnavailable, "caldav-status"),
    ("503 Service Unavailable", [("Retry-After", "3600")], SinkUnavailable, "caldav-busy"),
    ("507 Insufficient Storage", [], SinkUnavailable, "caldav-full"),
]


@one_server
@for_each(("status", "headers", "kind", "reason"), FAULTS)
def test_status_of_the_server_becomes_a_delivery_error(
    server: Server,
    sink: CalDavSink,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    *,
    status: str,
    headers: list[tuple[str, str]],
    kind: type[DeliveryError],
    reason: str,
) -> None:
    """The library prints and logs nothing, and the next push succeeds."""
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    server.instead = saying(status, *headers, body=f"<html>{PASSWORD} & <b>".encode())
    error = failure(sink, calendar(range(5)))
    assert (type(error), error.reason) == (kind, reason)
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])
    server.instead = lambda _: None
    assert sink.deliver(calendar(range(5))) is True
    assert sink.deliver(FOUR) is True


@one_server
def test_overlapping_pushes_leave_logging_enabled(server: Server, sink: CalDavSink) -> None:
    """Only the library's own loggers are silenced, until both pushes have ended."""
    with ExitStack() as first, ExitStack() as second:
        for stack in (first, second):
            stack.enter_context(open_client(sink.name, USER, PASSWORD))
        first.close()
        assert logging.getLogger("ours").isEnabledFor(logging.ERROR)
    assert logging.getLogger("ours").isEnabledFor(logging.ERROR)
    assert logging.root.manager.disable == 0
    assert server.asked == []


@one_server
def test_redirect_is_reported_and_not_followed(server: Server, sink: CalDavSink) -> None:
    """Send no request to the target, and report its address without the query."""
    with listening() as (port, came):
        to = f"http://127.0.0.1:{port}/anna/x/?secret=1"
        server.instead = saying("307 Temporary Redirect", ("Location", to))
        error = failure(sink, calendar(range(5)))
        assert error.facts["to"] == f"http://127.0.0.1:{port}/anna/x/"
        assert came == []


@contextmanager
def listening(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Listen on a port; collect the requests, and send each an answer while there are any: later ones wait."""
    came: list[bytes] = []
    held: list[socket.socket] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for number in range(100):
            try:
                connection, _ = server.accept()
            except OSError:
                return
            held.append(connection)
            came.append(connection.recv(65536))
            if number < len(answers):
                connection.sendall(answers[number])
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], came
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)
        for connection in held:
            connection.close()


@for_each(
    ("answer", "patience", "reason"),
    [
        (b"", 20, "caldav-connection"),
        (b"no HTTP at all\r\n\r\n", 20, "caldav-connection"),
        (None, 0.1, "caldav-timeout"),
    ],
)
def test_answer_that_is_not_http_is_reported(
    tmp_path: Path, answer: bytes | None, patience: float, reason: str
) -> None:
    """The peer closes the connection, sends something else, or nothing in time; the delivery may be tried again."""
    with listening(*([] if answer is None else [answer] * 9)) as (port, _):
        sink = caldav_sink(f"http://127.0.0.1:{port}/anna/x/", USER, tmp_path / "s", patience=patience)
        error = failure(sink, FOUR)
    assert (type(error), error.reason) == (SinkUnavailable, reason)


def test_refused_connection_is_reported(tmp_path: Path) -> None:
    """The error has the address with its scheme."""
    with listening() as (port, _):
        pass
    sink = caldav_sink(f"http://127.0.0.1:{port}/a/b/", USER, tmp_path / "s")
    assert failure(sink, FOUR).reason == "caldav-connection"


@one_server
def test_push_ends_after_its_time(server: Server, sink: CalDavSink) -> None:
    """The error has the number of events that are left, and the next push goes on."""
    error = failure(replace(sink, connection=replace(sink.connection, bound=0)), calendar(range(9)))
    assert (error.reason, error.facts["left"]) == ("caldav-slow", 5)
    assert sink.deliver(calendar(range(9))) is True
    assert len(server.events(sink)) == 9


@one_server
def test_push_after_an_interruption_goes_on(server: Server, sink: CalDavSink) -> None:
    """Events that were stored are not sent again."""
    with pytest.MonkeyPatch.context() as patched:
        put, puts = sys.modules["scraper.sinks.caldav.collection"].Collection._put, []

        def interrupted(*given: Any) -> Any:  # noqa: ANN401 - as the method
            puts.append(1)
            if len(puts) == 3:
                raise KeyboardInterrupt
            return put(*given)

        patched.setattr("scraper.sinks.caldav.collection.Collection._put", interrupted)
        with pytest.raises(Interrupted):
            sink.deliver(calendar(range(8)))
    server.since()
    assert sink.deliver(calendar(range(8))) is True
    assert server.since() == ["REPORT", "PUT", "PUT", "REPORT"]


@one_server
def test_missing_library_is_reported_by_the_check_and_the_delivery(
    sink: CalDavSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the library to install."""
    monkeypatch.setitem(sys.modules, "caldav.davclient", None)
    for name in ("client", "collection_push"):  # other tests have imported them
        monkeypatch.delitem(sys.modules, f"scraper.sinks.caldav.{name}", raising=False)
        monkeypatch.delattr(f"scraper.sinks.caldav.{name}", raising=False)
    assert failure(sink, FOUR).reason == "caldav-extra"
    sink.check()
    monkeypatch.setitem(sys.modules, "caldav", None)
    with pytest.raises(SinkRefused) as raised:
        sink.check()
    assert (raised.value.reason, raised.value.facts["name"]) == ("caldav-extra", "caldav")


@one_server
def test_environment_has_no_influence_on_a_push_in_clear_text(sink: CalDavSink, tmp_path: Path) -> None:
    """Where http is allowed no proxy is used; the library's own variable makes it write no file."""
    script = (
        "import sys; from pathlib import Path; from scraper.domain.sink_kind import Destination; "
        "from scraper.sinks.caldav.sink import CalDavSink; from scraper.sinks.sink_service import SinkConnection; "
        "from scraper.system.network.access import Access; "
        "to = Destination(kind='caldav', address=sys.argv[1], user=sys.argv[2]); "
        "connection = SinkConnection(password=input, state=Path(sys.argv[3]), access=Access); "
        "CalDavSink(destination=to, connection=connection).deliver(b'')"
    )
    with listening(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as (port, came):
        dumps = {"PYTHON_CALDAV_COMMDUMP": "1", "TMPDIR": str(tmp_path)}
        proxies = dict.fromkeys(("http_proxy", "all_proxy"), f"http://127.0.0.1:{port}")
        done = subprocess.run(
            [sys.executable, "-c", script, sink.name, USER, str(sink.connection.state)], input=f"{PASSWORD}\n",
            text=True,
            env={**os.environ, **proxies, "no_proxy": "", "NO_PROXY": "", **dumps}, capture_output=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr, came) == (0, "", [])
    assert not [*tmp_path.glob("caldavcomm*")]


@one_server
def test_state_is_private_and_has_no_password(sink: CalDavSink) -> None:
    """Only its user can read the file and its folders."""
    kept = state_file(sink)
    assert PASSWORD not in kept.read_text()
    if sys.platform != "win32":
        assert [path.stat().st_mode & 0o077 for path in (kept, kept.parent, sink.connection.state)] == [0, 0, 0]
