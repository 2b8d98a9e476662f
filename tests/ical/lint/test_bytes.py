"""Bytes: line ends, folding, encodings, and files that are no calendar, huge or hostile."""

import bz2
import gzip
import lzma
import tracemalloc
from collections.abc import Callable, Iterator
from io import BytesIO, RawIOBase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.ical.lint.finding import MOST, Finding
from scraper.ical.lint.lint import lint_calendar
from tests.cases import for_each
from tests.ical.lint.test_rules import BROKEN, GOOD, breaches, findings, rules, written

BODY = written(GOOD)
MEGABYTE = 1 << 20


class Stream(RawIOBase):
    """A stream made while it is read: a start, then a piece again and again."""

    def __init__(self, start: bytes, piece: bytes, size: int) -> None:
        super().__init__()
        self._pieces = self._made(start, piece, size)
        self._rest = b""
        self.given = 0

    def _made(self, start: bytes, piece: bytes, size: int) -> Iterator[bytes]:
        yield start
        block = piece * (1 + (1 << 16) // len(piece))
        for _ in range(size // len(block)):
            yield block

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        given, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(given)
        return given


def checked(stream: Stream) -> tuple[list[Finding], int]:
    """What is found in a stream, and the most memory held, in bytes."""
    list(lint_calendar(BytesIO(BODY)))
    tracemalloc.start()
    try:
        return list(lint_calendar(stream)), tracemalloc.get_traced_memory()[1]  # type: ignore[arg-type]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_line_ends_are_reported_once(end: bytes) -> None:
    """LF alone or CR alone is found once, at the first line, with what programs make of it; nothing else is found."""
    body = BODY.replace(b"\r\n", end)
    home_assistant = ["line-ends-return", "strict-reader"] if end == b"\r" else []
    assert sorted(breaches(body)) == sorted(["nextcloud-line-ends", *home_assistant])
    assert rules(body)["line-ends"].line == 1


def test_mixed_line_ends_are_reported_where_they_begin() -> None:
    """The first line that ends otherwise is named."""
    assert rules(BODY.replace(b"NAME:Lessons\r\n", b"NAME:Lessons\n", 1))["line-ends"].line == 5


def test_a_fold_inside_a_character_is_reported() -> None:
    """The value is still read in full; Google ignores the file."""
    found = rules(BODY.replace("é".encode(), b"\xc3\r\n \xa9", 1))
    assert found["fold-split"].line == found["google-folding"].line == 33
    assert "utf-8" not in found


def test_a_fold_between_characters_is_none_of_our_business() -> None:
    """Folded lines, with a blank or a tab, are read as one."""
    assert breaches(BODY.replace(b"Paris:2026", b"Pa\r\n ris:20\r\n\t26")) == []


def test_a_line_that_continues_none_is_reported_where_it_is() -> None:
    """Also as the first of the file, and after an empty line."""
    assert {finding.line for finding in findings(b" nothing\r\n" + BODY) if finding.rule == "line-syntax"} == {1}
    assert rules(BODY.replace(b"NAME:Lessons", b"\r\n NAME", 1))["fold-first"].line == 6


def test_bytes_that_are_not_utf_8_are_reported() -> None:
    """A Latin-1 letter is found in its property."""
    assert rules(BODY.replace("é".encode(), b"\xe9", 1))["utf-8"].facts == {"name": "SUMMARY"}


@for_each(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b"\r\n", "empty"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b'{"error": 1}', "JSON"),
        (b"\x7fELF\0\0\0" * 100, "binary"),
        (b"%PDF-1.7", "PDF"),
        (b"hello", "text"),
    ],
)
def test_what_is_no_calendar_gives_one_finding(body: bytes, kind: str) -> None:
    """One clear finding, and what the file is instead."""
    assert [(finding.rule, finding.facts["kind"]) for finding in findings(body)] == [("not-a-calendar", kind)]


def test_no_calendar_is_found_out_by_its_first_bytes() -> None:
    """However long a file is, no more than its beginning is read."""
    stream = Stream(b"", b"\0\1\2\3", 100 * MEGABYTE)
    found, peak = checked(stream)
    assert [finding.rule for finding in found] == ["not-a-calendar"]
    assert stream.given < MEGABYTE
    assert peak < MEGABYTE


EVENT = b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20261102T060000Z\r\nDTSTART:20261102T060000Z\r\nEND:VEVENT\r\n"


@for_each(
    "piece",
    [
        b"x",
        b"DESCRIPTION:" + b"x" * 5000,
        b" folded on\r\n",
        b"\r\n",
        b"BEGIN:VEVENT\r\n" * 20,
        b"\xff\xfe\r\n",
        b"X-" + b"n" * 60000 + b":x\r\n",
    ],
)
def test_memory_is_bounded(piece: bytes) -> None:
    """A calendar that goes on for ever, in one line or in many, is read in a few megabytes."""
    _, peak = checked(Stream(b"BEGIN:VCALENDAR\r\n", piece, MEGABYTE))
    assert peak < 2 * MEGABYTE


def test_events_leave_nothing_behind() -> None:
    """Of an event that was read no more than a mark of its UID is kept."""

    class Many(Stream):
        def _made(self, start: bytes, piece: bytes, size: int) -> Iterator[bytes]:
            yield start
            for number in range(size):
                yield piece % number

    found, peak = checked(Many(BODY.removesuffix(b"END:VCALENDAR\r\n"), EVENT, 5000))
    assert {finding.rule for finding in found if finding.level == "error"} == {"never-closed"}
    assert peak < 2 * MEGABYTE


def test_a_thousand_components_deep_is_reported_once() -> None:
    """Components nested too deep are skipped, and what is closed after them is read."""
    deep = b"BEGIN:VEVENT\r\n" * 1000 + b"END:VEVENT\r\n" * 1000
    found = findings(BODY.replace(b"END:VCALENDAR", deep + b"END:VCALENDAR"))
    assert [finding.rule for finding in found].count("nested-deep") == 1
    assert "never-closed" not in [finding.rule for finding in found]


def test_findings_are_bounded() -> None:
    """A hundred of one rule are shown, the others counted; reading stops when nothing good can come."""
    stream = Stream(b"BEGIN:VCALENDAR\r\n", b"nonsense\r\n", 10 * MEGABYTE)
    found, _ = checked(stream)
    assert len(found) < MOST
    assert [finding.rule for finding in found][-2:] == ["more", "stopped"]
    assert stream.given < MEGABYTE


def test_what_is_shown_cannot_steer_a_terminal() -> None:
    """A fact is short and printable."""
    found = rules(BODY.replace(b"STATUS:CANCELLED", b"STATUS:\x1b[31m" + b"x" * 500))
    assert found["status"].facts["value"].isprintable()
    assert len(found["status"].facts["value"]) < 70


@given(st.binary(max_size=2000))
def test_any_bytes_are_answered(body: bytes) -> None:
    """Whatever a file holds, there is an answer."""
    list(lint_calendar(BytesIO(body)))
    list(lint_calendar(BytesIO(b"BEGIN:VCALENDAR\r\n" + body)))


@given(st.data())
def test_a_damaged_calendar_is_answered(data: st.DataObject) -> None:
    """Bytes changed, lost, doubled anywhere in a good calendar: an answer, with lines that the file has."""
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(body) - 1))
        length = data.draw(st.integers(0, 40))
        body[place : place + length] = data.draw(st.binary(max_size=10)) or body[place : place + length] * 2
    for finding in lint_calendar(BytesIO(bytes(body))):
        assert 1 <= finding.line <= body.count(b"\n") + body.count(b"\r") + 1


@given(st.sampled_from(BROKEN), st.integers(1, 70))
def test_what_is_found_does_not_hang_on_pieces(broken: tuple[str, ...], size: int) -> None:
    """The same is found however the bytes arrive."""
    there, instead, *_ = broken
    body = written(GOOD.replace(there, instead))

    class Slow(BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            return super().read(len(body) if self.tell() == 0 and size > 35 else size * 20)

    assert list(lint_calendar(Slow(body))) == findings(body)


@for_each("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_a_wide_encoding_is_named(encoding: str) -> None:
    """With and without a byte order mark: what PowerShell's `>` writes must be saved as UTF-8."""
    found = findings(BODY.decode().encode(encoding))
    assert [(finding.rule, finding.facts["kind"]) for finding in found] == [("utf-16", encoding[:6].upper())]


@pytest.mark.parametrize(("pack", "kind"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")])
def test_a_packed_calendar_is_to_be_unpacked(pack: Callable[[bytes], bytes], kind: str) -> None:
    """One finding with the packer's name, and no word of a binary file."""
    assert [(finding.rule, finding.facts["kind"]) for finding in findings(pack(BODY))] == [("packed", kind)]


@pytest.mark.parametrize("size", [64, 71, 1 << 16])
@pytest.mark.parametrize("end", [b"\r\r\n", b"\r\r\r\n"])
def test_text_mode_is_reported_once(monkeypatch: pytest.MonkeyPatch, end: bytes, size: int) -> None:
    """CR CR LF is no line's missing end and no empty line, wherever the stream is cut."""
    body = BODY.replace(b"\r\n", end)
    monkeypatch.setattr("scraper.ical.lint.unfold.CHUNK", size)
    assert breaches(body) == ["line-ends-doubled"]
    good, _, bad = BODY.partition(b"NAME:Lessons")
    found = rules(good + b"NAME:Lessons" + bad.replace(b"\r\n", end))
    assert found["line-ends-doubled"].line == 5
