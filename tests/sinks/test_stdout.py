"""Standard output sink: it writes the bytes and nothing else, and reports a closed reader and a full disk."""

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scraper.errors import SinkUnavailable, StandardOutputUnavailable
from scraper.sinks.stdout import StreamSink, standard_output
from tests.cases import for_each

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
    """Run the script, which delivers so many lines to its standard output."""
    command = [sys.executable, "-c", SCRIPT, str(lines)]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    return subprocess.run(command, env=buffered, stderr=subprocess.PIPE, check=False, **options)  # type: ignore[call-overload,no-any-return]


def test_large_calendar_goes_through_a_pipe() -> None:
    """The calendar is larger than the buffer of a pipe."""
    assert run(LARGE, stdout=subprocess.PIPE).stdout == b"BEGIN:VCALENDAR\r\n" * LARGE


@for_each("lines", [SMALL, LARGE])
def test_closed_reader_is_reported_once(lines: int) -> None:
    """Python prints no other error at its end: no byte is left in a buffer."""
    read, write = os.pipe()
    os.close(read)
    try:
        ended = run(lines, stdout=write)
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (8, b"closed")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
@for_each("lines", [SMALL, LARGE])
def test_full_disk_is_reported_once(lines: int) -> None:
    """Python prints no other error at its end."""
    with Path("/dev/full").open("wb") as full:
        ended = run(lines, stdout=full)
    assert (ended.returncode, ended.stderr) == (8, b"full")


def test_standard_output_closed_before_the_start_is_reported() -> None:
    """The process has no descriptor 1."""
    ended = run(SMALL, preexec_fn=lambda: os.close(1))
    assert (ended.returncode, ended.stderr) == (8, b"closed")


def test_each_delivery_to_a_stream_is_written() -> None:
    """A stream in memory will do; the sink cannot compare with earlier deliveries."""
    stream = io.BytesIO()
    sink = StreamSink(stream=stream)
    assert [sink.deliver(b"a"), sink.deliver(b"a")] == [True, True]
    assert stream.getvalue() == b"aa"
    assert sink.name == "-"


def test_check_reports_a_closed_stream() -> None:
    """The reason is the same as for a closed reader."""
    stream = io.BytesIO()
    stream.close()
    with pytest.raises(SinkUnavailable) as caught:
        StreamSink(stream=stream).check()
    assert caught.value.reason == "closed"


def test_partial_writes_are_continued() -> None:
    """A stream that accepts nothing is given up."""

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


def test_standard_output_is_looked_up_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream at the time of import does not matter."""
    text = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", text)
    assert standard_output().stream is text.buffer


def test_check_reports_a_closed_reader(tmp_path: Path) -> None:
    """An open pipe and a file are accepted."""
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


def test_check_reports_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is a file; a file system that does not report its free space is accepted."""
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
