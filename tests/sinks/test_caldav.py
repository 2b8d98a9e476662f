"""A collection of CalDAV has the planning's events, each changed under a condition; what is someone else's stays."""

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
from time import monotonic
from typing import Any

import pytest

from scraper.domain.sink_kind import Destination
from scraper.errors import DeliveryError, Interrupted, SinkRefused, SinkUnavailable
from scraper.sinks.caldav.client import open_client
from scraper.sinks.caldav.objects import split_calendar
from scraper.sinks.caldav.push import MOST_ALIKE, PROBES
from scraper.sinks.caldav.sink import CalDavSink
from tests.sinks.caldav_servers import PASSWORD, USER, Answer, Server, saying
from tests.sinks.calendars import calendar, uid_of

pytestmark = pytest.mark.slow

FOUR = calendar(range(4))


@pytest.fixture
def sink(server: Server, tmp_path: Path) -> CalDavSink:
    """A calendar with four lessons, pushed."""
    made = server.sink(tmp_path.name, state=tmp_path / "state")
    assert made.deliver(FOUR) is True
    server.since()
    server.conditions.clear()
    return made


def name_of(number: int) -> str:
    """A lesson's name at the server."""
    return f"{uid_of(number)}.ics"


def state_file(sink: CalDavSink) -> Path:
    """Its state on this machine."""
    return Destination(kind="caldav", address=sink.address, user=USER).state_file(sink.state)


def event_text(server: Server, sink: CalDavSink, number: int) -> str:
    """What is there of a lesson."""
    return server.events(sink)[name_of(number)].decode().replace("\r\n ", "").replace("\n ", "")


def by_hand(server: Server, sink: CalDavSink, number: int, old: str = "C601", new: str = "chez moi") -> None:
    """Someone writes something else into a lesson."""
    body = server.events(sink)[name_of(number)]
    assert old.encode() in body
    server.write(sink, name_of(number), body.replace(old.encode(), new.encode()))


def failure(sink: CalDavSink, body: bytes) -> DeliveryError:
    """What a delivery raises."""
    with pytest.raises(DeliveryError) as caught:
        sink.deliver(body)
    assert caught.value.facts["path"] == sink.name
    reported = "".join(traceback.format_exception(caught.value)) + repr(sink)
    assert PASSWORD not in reported
    return caught.value


def test_a_run_without_changes_asks_once(server: Server, sink: CalDavSink) -> None:
    """One request, which brings nothing, however often; how the server wants the password is known by then."""
    for _ in range(2):
        assert sink.deliver(FOUR) is False
        assert server.since() == ["REPORT"]
    assert sink.locally_modified == ()


def test_each_change_has_its_condition(server: Server, sink: CalDavSink) -> None:
    """New events only where none is, others only as they were; what left the calendar goes, what is another's stays."""
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


def test_what_was_changed_by_hand_is_left_and_reported(server: Server, sink: CalDavSink) -> None:
    """Also where the planning changes that lesson, or drops it; taken away there, it is the planning's again."""
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


def test_a_change_taken_back_by_hand(server: Server, sink: CalDavSink) -> None:
    """An event that says again what was pushed is no longer someone else's."""
    by_hand(server, sink, 1)
    sink.deliver(FOUR)
    assert sink.locally_modified == (uid_of(1),)
    by_hand(server, sink, 1, "chez moi", "C601")
    assert sink.deliver(calendar(range(4), changed=[1], revision=1)) is True
    assert "B305" in event_text(server, sink, 1)
    assert sink.locally_modified == ()


def test_marks_of_programs_are_no_change_by_hand(server: Server, sink: CalDavSink) -> None:
    """A dismissed alarm, as Thunderbird writes it, and new stamps hinder nothing; another alarm does."""
    by_hand(server, sink, 1, "STATUS:CONFIRMED", "X-MOZ-LASTACK:20261126T070000Z\r\nSTATUS:CONFIRMED")
    by_hand(server, sink, 1, "20261124T000000Z", "20261201T000000Z")
    by_hand(server, sink, 2, "TRIGGER:-PT10M", "TRIGGER:-PT45M")
    sink.deliver(calendar(range(4), changed=[1, 2], revision=1))
    assert "B305" in event_text(server, sink, 1)
    assert "-PT45M" in event_text(server, sink, 2)
    assert sink.locally_modified == (uid_of(2),)


def test_a_change_by_hand_between_our_look_and_our_push(server: Server, sink: CalDavSink) -> None:
    """The condition does not hold: their event stays, and is reported."""

    def meanwhile(asked: Mapping[str, Any]) -> None:
        if asked["REQUEST_METHOD"] == "PUT":
            server.instead = lambda _: None
            by_hand(server, sink, 1)

    server.instead = meanwhile
    sink.deliver(calendar(range(4), changed=[1], revision=1))
    assert "chez moi" in event_text(server, sink, 1)
    assert sink.locally_modified == (uid_of(1),)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_mark_between_our_look_and_our_push(server: Server, sink: CalDavSink, method: str) -> None:
    """Only the ETag is new then: the event is changed, or taken away, in the same push."""

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


def test_a_push_that_stops_half_way_goes_on(server: Server, sink: CalDavSink) -> None:
    """What came through is not sent again."""
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


def test_how_far_it_came_is_noted_on_the_way(server: Server, sink: CalDavSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run that is killed has pushed need not be looked at one by one."""
    monkeypatch.setattr("scraper.sinks.caldav.push.BETWEEN", 2)
    noted = []

    def looking(asked: Mapping[str, Any]) -> None:
        if asked["REQUEST_METHOD"] == "PUT":
            noted.append(len(json.loads(state_file(sink).read_text())["events"]))

    server.instead = looking
    sink.deliver(calendar(range(9)))
    assert noted == [4, 4, 6, 6, 8]


def test_a_push_that_was_killed_goes_on(server: Server, sink: CalDavSink) -> None:
    """Nothing of it was noted, even nothing at all: what is already right is taken over, the rest is pushed."""
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


def test_without_memory_what_differs_is_left(server: Server, sink: CalDavSink) -> None:
    """It is unknown who changed it; the same for an event of ours that came there under another name."""
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


def test_a_token_that_the_server_forgot(server: Server, sink: CalDavSink) -> None:
    """All is listed again, and nothing pushed."""
    kept = state_file(sink)
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"token": "http://server.org/ns/sync/" + "0" * 64}))
    server.remove(sink, name_of(0))
    server.since()
    assert sink.deliver(FOUR) is True
    assert server.since() == ["REPORT", "REPORT", "PUT", "REPORT"]
    assert sink.deliver(FOUR) is False
    assert server.since() == ["REPORT"]


def test_a_server_without_tokens_and_etags(server: Server, tmp_path: Path) -> None:
    """It is asked for its list, once a run; what it called the new events is learnt from that."""

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
    """Radicale behind what asks for a digest of the password (RFC 7616, MD5 without qop)."""

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


def test_a_server_that_wants_a_digest(server: Server, tmp_path: Path) -> None:
    """It gets no password; what it challenged once holds for the whole push, and is asked first at the next."""
    sink = server.sink(tmp_path.name, state=tmp_path)
    server.instead = digested(server)
    assert sink.deliver(FOUR) is True
    assert server.since()[-5:] == [*["PUT"] * 4, "REPORT"]
    assert sink.deliver(FOUR) is False
    assert server.since() == ["REPORT", "REPORT"]


def test_one_event_that_is_refused_keeps_no_other_back(server: Server, sink: CalDavSink) -> None:
    """The others are pushed, then it is reported; where the server refuses all, it is asked a few times only."""

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


@pytest.mark.parametrize(("status", "headers", "kind", "reason"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_what_a_server_may_say(
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
    """Each is an error of ours, at once and without a word of the library's; then all goes on."""
    caplog.set_level(logging.DEBUG)
    server.instead = saying(status, *headers, body=f"<html>{PASSWORD} & <b>".encode())
    error = failure(sink, calendar(range(5)))
    assert (type(error), error.reason) == (kind, reason)
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])
    server.instead = lambda _: None
    assert sink.deliver(calendar(range(5))) is True


def test_pushes_that_overlap_silence_no_one_else(server: Server, sink: CalDavSink) -> None:
    """Whichever ends first, afterwards all others are heard as before."""
    with ExitStack() as first, ExitStack() as second:
        for stack in (first, second):
            stack.enter_context(open_client(sink.address, USER, PASSWORD))
        first.close()
        assert logging.getLogger("ours").isEnabledFor(logging.ERROR)
    assert logging.getLogger("ours").isEnabledFor(logging.ERROR)
    assert logging.root.manager.disable == 0
    assert server.asked == []


def test_no_redirect_is_followed(server: Server, sink: CalDavSink) -> None:
    """Neither to another host nor to this one: nothing is asked there, and only its place is reported."""
    with listening() as (port, came):
        to = f"http://127.0.0.1:{port}/anna/x/?secret=1"
        server.instead = saying("307 Temporary Redirect", ("Location", to))
        error = failure(sink, calendar(range(5)))
        assert error.facts["to"] == f"http://127.0.0.1:{port}/anna/x/"
        assert came == []


@contextmanager
def listening(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A port, what came there, and what is sent there to each: nothing to the later ones, which wait."""
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


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", "caldav-connection"), (b"no HTTP at all\r\n\r\n", "caldav-connection"), (None, "caldav-timeout")],
)
def test_a_server_that_is_none(tmp_path: Path, answer: bytes | None, reason: str) -> None:
    """It hangs up, says something else, or nothing: reported in time, to be tried again."""
    with listening(*([] if answer is None else [answer] * 9)) as (port, _):
        sink = CalDavSink(
            address=f"http://127.0.0.1:{port}/anna/x/", user=USER, password=lambda: PASSWORD, state=tmp_path / "s",
            patience=0.6,
        )  # fmt: skip
        began = monotonic()
        error = failure(sink, FOUR)
    assert (type(error), error.reason) == (SinkUnavailable, reason)
    assert monotonic() - began < 5


def test_no_one_listens(tmp_path: Path) -> None:
    """Refused connections are reported as such, and the address with its scheme."""
    with listening() as (port, _):
        pass
    sink = CalDavSink(
        address=f"http://127.0.0.1:{port}/a/b/", user=USER, password=lambda: PASSWORD, state=tmp_path / "s"
    )  # fmt: skip
    assert failure(sink, FOUR).reason == "caldav-connection"


def test_a_push_has_an_end(server: Server, sink: CalDavSink) -> None:
    """What is left then is reported, and the next push goes on."""
    error = failure(replace(sink, bound=0), calendar(range(9)))
    assert (error.reason, error.facts["left"]) == ("caldav-slow", 5)
    assert sink.deliver(calendar(range(9))) is True
    assert len(server.events(sink)) == 9


def test_an_interruption_is_reported_and_lets_the_next_push_go_on(server: Server, sink: CalDavSink) -> None:
    """What came through is remembered."""
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


def test_the_library_is_missing(sink: CalDavSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install, also before the portal is asked."""
    monkeypatch.setitem(sys.modules, "caldav.davclient", None)
    for name in ("client", "collection_push"):  # other tests have imported them
        monkeypatch.delitem(sys.modules, f"scraper.sinks.caldav.{name}", raising=False)
    assert failure(sink, FOUR).reason == "caldav-extra"
    sink.check()
    monkeypatch.setitem(sys.modules, "caldav", None)
    with pytest.raises(SinkRefused) as raised:
        sink.check()
    assert (raised.value.reason, raised.value.facts["name"]) == ("caldav-extra", "caldav")


def test_the_environment_lets_nothing_out(sink: CalDavSink, tmp_path: Path) -> None:
    """Where http is allowed the way is direct, past any proxy; the library's own variable has it write no file."""
    script = (
        "import sys; from pathlib import Path; from scraper.sinks.caldav.sink import CalDavSink; "
        "at = dict(address=sys.argv[1], user=sys.argv[2], state=Path(sys.argv[3])); "
        "CalDavSink(**at, password=lambda: input()).deliver(b'')"
    )
    with listening(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as (port, came):
        dumps = {"PYTHON_CALDAV_COMMDUMP": "1", "TMPDIR": str(tmp_path)}
        proxies = dict.fromkeys(("http_proxy", "all_proxy"), f"http://127.0.0.1:{port}")
        done = subprocess.run(
            [sys.executable, "-c", script, sink.address, USER, str(sink.state)], input=f"{PASSWORD}\n", text=True,
            env={**os.environ, **proxies, "no_proxy": "", "NO_PROXY": "", **dumps}, capture_output=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr, came) == (0, "", [])
    assert not [*tmp_path.glob("caldavcomm*")]


def test_the_memory_is_its_users_alone(sink: CalDavSink) -> None:
    """No one else may read it; the password is not in it."""
    kept = state_file(sink)
    assert PASSWORD not in kept.read_text()
    if sys.platform != "win32":
        assert [path.stat().st_mode & 0o077 for path in (kept, kept.parent, sink.state)] == [0, 0, 0]
