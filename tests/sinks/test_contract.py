"""What every sink promises: whole or not at all, the same twice, local edits reported, no error but DeliveryError."""

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
"""How a server says what a disk or a wire says."""


def as_it_is(body: bytes | None) -> object:
    """The bytes themselves."""
    return body


def by_events(body: bytes | None) -> object:
    """What each event says, in any order and writing."""
    return sorted(piece.digest for piece in split_calendar(body or b"").values())


class Wire(io.BytesIO):
    """A stream with a reader that may go away."""

    fault: int | None = None

    def write(self, body: object) -> int:
        """Some of it."""
        if self.fault is not None:
            raise OSError(self.fault, os.strerror(self.fault))
        return super().write(bytes(body)[:1000])  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sink, what a reader finds there, and a way to make every started delivery fail.

    `reported` is what a reader finds where these bytes are.
    """

    sink: Sink
    seen: Callable[[], object]
    failing: Callable[[int], object]
    reads_back: bool = True
    reported: Callable[[bytes | None], object] = as_it_is


@contextmanager
def in_file(path: Path, _: None) -> Iterator[Place]:
    """A file; the fault strikes when all is written but not yet in place."""
    with pytest.MonkeyPatch.context() as patched:

        def failing(code: int) -> None:
            def fail(*_: object) -> None:
                raise OSError(code, os.strerror(code))

            patched.setattr(os, "replace", fail) if code else patched.undo()

        sink = FileSink(path=path)
        yield Place(sink=sink, seen=lambda: path.read_bytes() if path.exists() else None, failing=failing)


@contextmanager
def in_stream(_: Path, __: None) -> Iterator[Place]:
    """A stream; what was written is gone to its reader."""
    wire = Wire()

    def failing(code: int) -> None:
        wire.fault = code or None

    sink = StreamSink(stream=wire)
    yield Place(sink=sink, seen=lambda: wire.getvalue() or None, failing=failing, reads_back=False)


@contextmanager
def at_server(path: Path, server: Server) -> Iterator[Place]:
    """A collection of CalDAV; the fault is the server's, at every request."""
    sink = server.sink(path.parent.name)

    def failing(code: int) -> None:
        server.instead = saying(STATUSES[code]) if code else lambda _: None

    def seen() -> object:
        return sorted(map(digest_of, server.events(sink).values()))

    yield Place(sink=sink, seen=seen, failing=failing, reported=by_events)


@contextmanager
def at_google(path: Path, google: FakeGoogle) -> Iterator[Place]:
    """A calendar of the fake Google; the fault is the answer to every call."""
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
    """The sink of the tests, opened as a registered kind is; the fault is its own."""
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
"""How a calendar of each registered kind is made for these tests, on each server that they try."""
PLACES = {
    "file": (in_file, ""),
    "stream": (in_stream, ""),
    **{name: at for one in KINDS.values() for name, at in one.items()},
}


def test_every_registered_kind_is_tried() -> None:
    """A new one has its place here."""
    assert KINDS.keys() == {*SINK_KINDS, KIND.name}


@pytest.fixture(params=PLACES.values(), ids=PLACES.keys())
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each kind of sink, with nothing there yet."""
    kind, name = request.param
    fixture = f"running_{name}" if name in {"radicale", "xandikos"} else name
    server = request.getfixturevalue(fixture) if name else None
    if isinstance(server, Server):
        server.restore()
    with kind(tmp_path / "planning.ics", server) as made:
        yield made


def test_a_name_for_people(place: Place) -> None:
    """It has one, the same all the time."""
    before = place.sink.name
    place.sink.deliver(FIRST)
    assert before
    assert place.sink.name == before


def test_every_byte_arrives(place: Place) -> None:
    """Nothing is added, left out or changed, and True says that it was put there."""
    assert place.sink.deliver(SECOND) is True
    assert place.seen() == place.reported(SECOND)


def test_an_empty_body(place: Place) -> None:
    """It is delivered like any other: what is worth publishing is not the sink's affair."""
    place.sink.deliver(b"")
    assert place.seen() == place.reported(b"" if place.reads_back else None)


def test_current_is_what_was_delivered(place: Place) -> None:
    """None before, then each calendar in turn; always None where nothing can be read back."""
    assert place.sink.current() is None
    for body in (FIRST, SECOND, FIRST):
        place.sink.deliver(body)
        assert place.sink.current() == (body if place.reads_back else None)


def test_the_same_twice(place: Place) -> None:
    """False, and what is there is the same; where nothing can be read back it is written again."""
    place.sink.deliver(FIRST)
    assert place.sink.deliver(FIRST) is not place.reads_back
    assert place.seen() == place.reported(FIRST if place.reads_back else FIRST * 2)
    assert place.sink.deliver(SECOND) is True


def test_check_changes_nothing(place: Place) -> None:
    """Before the first delivery, and after it; nor does a look at what is there."""
    for _ in range(2):
        before = place.seen()
        place.sink.check()
        place.sink.current()
        place.sink.check()
        assert place.seen() == before
        place.sink.deliver(FIRST)


@pytest.mark.parametrize(
    ("code", "there"),
    [
        (errno.ENOSPC, None), (errno.EACCES, FIRST), (errno.EPIPE, None),
        (errno.EIO, FIRST), (errno.ETIMEDOUT, None), (errno.ECONNRESET, FIRST),
    ],
)  # fmt: skip
def test_a_delivery_that_fails(place: Place, there: bytes | None, code: int) -> None:
    """DeliveryError, with the sink's name among its facts; what was there is as it was, and then all goes well."""
    if there is not None:
        place.sink.deliver(there)
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
    assert place.sink.deliver(SECOND) is True
    assert place.seen() == place.reported(SECOND if place.reads_back else (there or b"") + SECOND)
