"""Standard output gets the bytes and nothing else; a reader that is gone is reported as such."""

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scraper.errors import SinkUnavailable, StandardOutputUnavailable
from scraper.sinks.stdout import StreamSink, standard_output

SMALL, LARGE = 1, 50_000  # less than a buffer holds, more than a pipe does
SCRIPT = """
import sys
from scraper.errors import SinkUnavailable, StandardOutputUnavailable
from scraper.sinks.stdout import standard_output
try:
    standard_output().check()
    standard_output().deliver(b"BEGIN:VCALENDAR\\r\\n" * int(sys.argv[1]))
except SinkUnavailable as error:
    sys.stderr.write(error.reason)
    sys.exit(8)
"""


def run(lines: int, **options: object) -> subprocess.CompletedProcess[bytes]:
    """The script's end, with so many lines delivered and its standard output somewhere."""
    command = [sys.executable, "-c", SCRIPT, str(lines)]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    return subprocess.run(command, env=buffered, stderr=subprocess.PIPE, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_every_byte() -> None:
    """More than a pipe holds goes through, unchanged."""
    assert run(LARGE, stdout=subprocess.PIPE).stdout == b"BEGIN:VCALENDAR\r\n" * LARGE


@pytest.mark.parametrize("lines", [SMALL, LARGE])
def test_a_reader_that_is_gone(lines: int) -> None:
    """One error of ours, and Python has nothing to add at its end: no octet waits in a buffer."""
    read, write = os.pipe()
    os.close(read)
    try:
        ended = run(lines, stdout=write)
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (8, b"closed")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@pytest.mark.parametrize("lines", [SMALL, LARGE])
def test_a_full_disk(lines: int) -> None:
    """Reported as full, once."""
    with Path("/dev/full").open("wb") as full:
        ended = run(lines, stdout=full)
    assert (ended.returncode, ended.stderr) == (8, b"full")


def test_no_standard_output() -> None:
    """Closed before the program began."""
    ended = run(SMALL, preexec_fn=lambda: os.close(1))
    assert (ended.returncode, ended.stderr) == (8, b"closed")


def test_a_stream_in_memory() -> None:
    """Any binary stream will do; True each time, since no one knows what was there."""
    stream = io.BytesIO()
    sink = StreamSink(stream=stream)
    assert [sink.deliver(b"a"), sink.deliver(b"a")] == [True, True]
    assert stream.getvalue() == b"aa"
    assert sink.name == "-"


def test_a_closed_stream() -> None:
    """The check says so."""
    stream = io.BytesIO()
    stream.close()
    with pytest.raises(SinkUnavailable) as caught:
        StreamSink(stream=stream).check()
    assert caught.value.reason == "closed"


def test_a_stream_that_takes_little_or_nothing() -> None:
    """What is not taken at once is offered again; one that takes nothing now is not waited for for ever."""

    class Narrow(io.BytesIO):
        def write(self, body: object) -> int:
            return super().write(bytes(body)[:3])  # type: ignore[call-overload]

    class Busy(io.BytesIO):
        def write(self, body: object) -> None:  # type: ignore[override]
            pass

    narrow = Narrow()
    StreamSink(stream=narrow).deliver(b"0123456789")
    assert narrow.getvalue() == b"0123456789"
    with pytest.raises(SinkUnavailable):
        StreamSink(stream=Busy()).deliver(b"0")


def test_standard_output_is_the_one_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream is looked up when asked for, not at import."""
    text = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", text)
    assert standard_output().stream is text.buffer


def test_the_check_sees_a_reader_that_is_gone(tmp_path: Path) -> None:
    """Before anything is written; a pipe that is read, and a file with room, are well."""
    read, write = os.pipe()
    with os.fdopen(write, "wb") as stream:
        sink = StreamSink(stream=stream)
        sink.check()
        os.close(read)
        with pytest.raises(StandardOutputUnavailable) as caught:
            sink.check()
    assert caught.value.reason == "closed"
    with (tmp_path / "file").open("wb") as file:
        StreamSink(stream=file).check()


def test_the_check_sees_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard output leads to a file; a file system that does not report its free space is left alone."""
    with (tmp_path / "file").open("wb") as file:
        for blocks, expected in ((1000, "full"), (0, "")):
            disk = SimpleNamespace(f_blocks=blocks, f_bfree=0, f_bavail=0)
            monkeypatch.setattr(os, "fstatvfs", lambda _, disk=disk: disk)
            stated = ""
            try:
                StreamSink(stream=file).check()
            except StandardOutputUnavailable as error:
                stated = error.reason
            assert stated == expected
