"""The contract of every sink: a delivery is complete or fails with a DeliveryError; repeating it changes nothing."""

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import DeliveryError
from scraper.sinks.caldav.objects import digest_of, split_calendar
from scraper.sinks.file import FileSink
from scraper.sinks.sink import Sink
from scraper.sinks.sink_service import SinkConnection, service_of
from scraper.sinks.stdout import StreamSink
from scraper.system.network.access import Access
from tests.sinks.caldav_servers import Server, saying
from tests.sinks.calendars import calendar
from tests.sinks.google.fake_google import FakeGoogle
from tests.sinks.google.google_calendars import expected, new_sink, stored
from tests.sinks.memory import KIND, STORED, MemorySink

FIRST, SECOND = calendar(range(3)), calendar(range(1, 5), changed=[2], revision=1)
STATUSES = {
    errno.ENOSPC: "507 Insufficient Storage",
    errno.EACCES: "403 Forbidden",
    errno.EPIPE: "502 Bad Gateway",
    errno.EIO: "500 Internal Server Error",
    errno.ETIMEDOUT: "504 Gateway Timeout",
    errno.ECONNRESET: "503 Service Unavailable",
}
"""The status of a server for an error of a disk or a connection."""


def as_bytes(body: bytes | None) -> object:
    """Return the bytes themselves."""
    return body


def as_events(body: bytes | None) -> object:
    """Return the content of each event, in any order and writing."""
    return sorted(piece.digest for piece in split_calendar(body or b"").values())


class Wire(io.BytesIO):
    """A stream that takes a part of each write, or fails."""

    fault: int | None = None

    def write(self, body: object) -> int:
        """Write the first part."""
        if self.fault is not None:
            raise OSError(self.fault, os.strerror(self.fault))
        return super().write(bytes(body)[:1000])  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sink and its destination: `seen` reads it, `failing` makes every delivery fail.

    `reported` is the value of `seen` where these bytes are.
    """

    sink: Sink
    seen: Callable[[], object]
    failing: Callable[[int], object]
    reads_back: bool = True
    reported: Callable[[bytes | None], object] = as_bytes


@contextmanager
def in_file(path: Path, _: None) -> Iterator[Place]:
    """A file; it fails when all is written but not yet in place."""
    with pytest.MonkeyPatch.context() as patched:

        def failing(code: int) -> None:
            def fail(*_: object) -> None:
                raise OSError(code, os.strerror(code))

            patched.setattr(os, "replace", fail) if code else patched.undo()

        sink = FileSink(path=path)
        yield Place(sink=sink, seen=lambda: path.read_bytes() if path.exists() else None, failing=failing)


@contextmanager
def in_stream(_: Path, __: None) -> Iterator[Place]:
    """A stream, which cannot be read back."""
    wire = Wire()

    def failing(code: int) -> None:
        wire.fault = code or None

    sink = StreamSink(stream=wire)
    yield Place(sink=sink, seen=lambda: wire.getvalue() or None, failing=failing, reads_back=False)


@contextmanager
def at_server(path: Path, server: Server) -> Iterator[Place]:
    """A collection of a CalDAV server that refuses every request."""
    sink = server.sink(path.parent.name)

    def failing(code: int) -> None:
        server.instead = saying(STATUSES[code]) if code else lambda _: None

    def seen() -> object:
        return sorted(map(digest_of, server.events(sink).values()))

    yield Place(sink=sink, seen=seen, failing=failing, reported=as_events)


@contextmanager
def at_google(path: Path, google: FakeGoogle) -> Iterator[Place]:
    """A calendar of the fake Google that refuses every call."""
    sink = new_sink(google, path.parent)

    def failing(code: int) -> None:
        status = int(STATUSES[code][:3]) if code else 0
        google.fault = lambda _, __: status or None

    def seen() -> object:
        return sorted(stored(google, sink).values())

    def by_content(body: bytes | None) -> object:
        return sorted(expected(body or b"").values())

    yield Place(sink=sink, seen=seen, failing=failing, reported=by_content)


@contextmanager
def in_memory(path: Path, _: None) -> Iterator[Place]:
    """The sink of the tests, opened as a registered kind is."""
    connection = SinkConnection(password=lambda: "x", state=path.parent, access=Access)
    sink = service_of(KIND).open(Destination(kind=KIND.name, address="memory://one/"), connection)
    assert isinstance(sink, MemorySink)

    def failing(code: int) -> None:
        sink.fault = code

    yield Place(sink=sink, seen=lambda: STORED.get(sink.name), failing=failing)
    STORED.clear()


KINDS: dict[str, dict[str, tuple[Callable[..., AbstractContextManager[Place]], str]]] = {
    "caldav": {"radicale": (at_server, "radicale"), "xandikos": (at_server, "xandikos")},
    "google": {"google": (at_google, "google")},
    "memory": {"memory": (in_memory, "")},
}
"""The places of each registered kind, on each server of the tests."""
PLACES = {
    "file": (in_file, ""),
    "stream": (in_stream, ""),
    **{name: at for one in KINDS.values() for name, at in one.items()},
}


def test_every_registered_kind_has_a_place() -> None:
    """A new kind needs its place in `KINDS`."""
    assert KINDS.keys() == {*SINK_KINDS, KIND.name}


@pytest.fixture(params=PLACES.values(), ids=PLACES.keys())
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each kind of sink, without a calendar yet."""
    kind, name = request.param
    fixture = f"running_{name}" if name in {"radicale", "xandikos"} else name
    server = request.getfixturevalue(fixture) if name else None
    if isinstance(server, Server):
        server.restore()
    with kind(tmp_path / "planning.ics", server) as made:
        yield made


def test_delivery_is_complete(place: Place) -> None:
    """Nothing is added, left out or changed, and the name of the sink stays."""
    name = place.sink.name
    assert name
    assert place.sink.deliver(SECOND) is True
    assert place.seen() == place.reported(SECOND)
    assert place.sink.name == name


def test_empty_calendar_is_delivered(place: Place) -> None:
    """Whether an empty calendar is worth publishing is not the sink's decision."""
    place.sink.deliver(b"")
    assert place.seen() == place.reported(b"" if place.reads_back else None)


def test_current_is_the_last_delivery(place: Place) -> None:
    """Before the first delivery there is none, and never where nothing can be read back."""
    assert place.sink.current() is None
    for body in (FIRST, SECOND, FIRST):
        place.sink.deliver(body)
        assert place.sink.current() == (body if place.reads_back else None)


def test_second_delivery_of_the_same_calendar_changes_nothing(place: Place) -> None:
    """Where nothing can be read back the calendar is written again."""
    place.sink.deliver(FIRST)
    assert place.sink.deliver(FIRST) is not place.reads_back
    assert place.seen() == place.reported(FIRST if place.reads_back else FIRST * 2)
    assert place.sink.deliver(SECOND) is True


def test_check_changes_nothing(place: Place) -> None:
    """Neither the check nor `current` changes anything, before and after the first delivery."""
    for _ in range(2):
        before = place.seen()
        place.sink.check()
        place.sink.current()
        place.sink.check()
        assert place.seen() == before
        place.sink.deliver(FIRST)


def deliver_with_fault(place: Place, code: int) -> None:
    """Deliver in vain: the error is a DeliveryError with the sink's name, and the calendar stays."""
    before = place.seen()
    place.failing(code)
    with pytest.raises(DeliveryError) as caught:
        place.sink.deliver(SECOND)
    assert caught.value.facts["path"] == place.sink.name
    assert caught.value.exit_code == DeliveryError.exit_code
    with suppress(DeliveryError):
        place.sink.check()
    assert place.seen() == before
    place.failing(0)


def test_failed_delivery_changes_nothing_and_the_next_one_succeeds(place: Place) -> None:
    """The first delivery fails, and so does one after another calendar was delivered."""
    for code in (errno.ENOSPC, errno.EPIPE, errno.ETIMEDOUT):
        deliver_with_fault(place, code)
    assert place.sink.deliver(FIRST) is True
    for code in (errno.EACCES, errno.EIO, errno.ECONNRESET):
        deliver_with_fault(place, code)
    assert place.sink.deliver(SECOND) is True
    assert place.seen() == place.reported(SECOND if place.reads_back else FIRST + SECOND)
