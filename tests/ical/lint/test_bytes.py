"""Bytes of a calendar: line ends, folds, encodings, and other, huge or hostile files."""

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
    """A stream that is generated while it is read: a start, then a piece again and again."""

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


def lint_stream(stream: Stream) -> tuple[list[Finding], int]:
    """Return the findings of a stream and the peak of memory in bytes."""
    list(lint_calendar(BytesIO(BODY)))
    tracemalloc.start()
    try:
        return list(lint_calendar(stream)), tracemalloc.get_traced_memory()[1]  # type: ignore[arg-type]
    finally:
        tracemalloc.stop()


@for_each("end", [b"\n", b"\r"])
def test_line_ends_are_reported_once(end: bytes) -> None:
    """Only LF or CR is found, once, at the first line, with its effect on clients."""
    body = BODY.replace(b"\r\n", end)
    home_assistant = ["line-ends-return", "strict-reader"] if end == b"\r" else []
    assert sorted(breaches(body)) == sorted(["nextcloud-line-ends", *home_assistant])
    assert rules(body)["line-ends"].line == 1


def test_mixed_line_ends_are_reported_at_the_first_line() -> None:
    """Report the first line with another end."""
    assert rules(BODY.replace(b"NAME:Lessons\r\n", b"NAME:Lessons\n", 1))["line-ends"].line == 5


def test_fold_within_a_character_is_reported() -> None:
    """The value is read completely; Google ignores the file."""
    found = rules(BODY.replace("é".encode(), b"\xc3\r\n \xa9", 1))
    assert found["fold-split"].line == found["google-folding"].line == 33
    assert "utf-8" not in found


def test_fold_between_characters_is_valid() -> None:
    """The next line begins with a space or a tab."""
    assert breaches(BODY.replace(b"Paris:2026", b"Pa\r\n ris:20\r\n\t26")) == []


def test_continuation_without_a_line_is_reported() -> None:
    """Report it as the first line of the file, and after an empty line."""
    assert {finding.line for finding in findings(b" nothing\r\n" + BODY) if finding.rule == "line-syntax"} == {1}
    assert rules(BODY.replace(b"NAME:Lessons", b"\r\n NAME", 1))["fold-first"].line == 6


def test_bytes_that_are_not_utf_8_are_reported() -> None:
    """A Latin-1 letter is reported with its property."""
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
def test_other_file_has_one_finding(body: bytes, kind: str) -> None:
    """The finding names the kind of the file."""
    assert [(finding.rule, finding.facts["kind"]) for finding in findings(body)] == [("not-a-calendar", kind)]


def test_other_file_is_recognized_by_its_first_bytes() -> None:
    """The rest of the file is not read."""
    stream = Stream(b"", b"\0\1\2\3", 100 * MEGABYTE)
    found, peak = lint_stream(stream)
    assert [finding.rule for finding in found] == ["not-a-calendar"]
    assert stream.given < MEGABYTE
    assert peak < MEGABYTE


EVENT = b"BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20261102T060000Z\r\nDTSTART:20261102T060000Z\r\nEND:VEVENT\r\n"


@pytest.mark.slow
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
    """An endless calendar, in one line or in many, needs a few megabytes."""
    _, peak = lint_stream(Stream(b"BEGIN:VCALENDAR\r\n", piece, MEGABYTE))
    assert peak < 2 * MEGABYTE


@pytest.mark.slow
def test_memory_does_not_grow_with_the_events() -> None:
    """Only a mark of each UID is kept."""

    class Many(Stream):
        def _made(self, start: bytes, piece: bytes, size: int) -> Iterator[bytes]:
            yield start
            for number in range(size):
                yield piece % number

    found, peak = lint_stream(Many(BODY.removesuffix(b"END:VCALENDAR\r\n"), EVENT, 5000))
    assert {finding.rule for finding in found if finding.level == "error"} == {"never-closed"}
    assert peak < 2 * MEGABYTE


def test_deep_components_are_reported_once() -> None:
    """Skip deep components, and read later ones."""
    deep = b"BEGIN:VEVENT\r\n" * 1000 + b"END:VEVENT\r\n" * 1000
    found = findings(BODY.replace(b"END:VCALENDAR", deep + b"END:VCALENDAR"))
    assert [finding.rule for finding in found].count("nested-deep") == 1
    assert "never-closed" not in [finding.rule for finding in found]


@pytest.mark.slow
def test_number_of_findings_is_limited() -> None:
    """A hundred of a rule are shown, the others counted; then reading stops."""
    stream = Stream(b"BEGIN:VCALENDAR\r\n", b"nonsense\r\n", 10 * MEGABYTE)
    found, _ = lint_stream(stream)
    assert len(found) < MOST
    assert [finding.rule for finding in found][-2:] == ["more", "stopped"]
    assert stream.given < MEGABYTE


def test_facts_are_short_and_printable() -> None:
    """Remove characters that control a terminal."""
    found = rules(BODY.replace(b"STATUS:CANCELLED", b"STATUS:\x1b[31m" + b"x" * 500))
    assert found["status"].facts["value"].isprintable()
    assert len(found["status"].facts["value"]) < 70


@given(st.binary(max_size=2000))
def test_any_bytes_give_findings(body: bytes) -> None:
    """No exception is raised."""
    list(lint_calendar(BytesIO(body)))
    list(lint_calendar(BytesIO(b"BEGIN:VCALENDAR\r\n" + body)))


@given(st.data())
def test_damaged_calendar_gives_findings_within_the_file(data: st.DataObject) -> None:
    """Bytes are changed, lost or doubled; the lines exist."""
    body = bytearray(BODY)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(body) - 1))
        length = data.draw(st.integers(0, 40))
        body[place : place + length] = data.draw(st.binary(max_size=10)) or body[place : place + length] * 2
    for finding in lint_calendar(BytesIO(bytes(body))):
        assert 1 <= finding.line <= body.count(b"\n") + body.count(b"\r") + 1


@given(st.sampled_from(BROKEN), st.integers(1, 70))
def test_findings_do_not_depend_on_the_chunks(broken: tuple[str, ...], size: int) -> None:
    """The bytes arrive in chunks of any size."""
    there, instead, *_ = broken
    body = written(GOOD.replace(there, instead))

    class Slow(BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            return super().read(len(body) if self.tell() == 0 and size > 35 else size * 20)

    assert list(lint_calendar(Slow(body))) == findings(body)


@for_each("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_wide_encoding_is_named(encoding: str) -> None:
    """PowerShell's `>` writes such files, with or without a byte order mark."""
    found = findings(BODY.decode().encode(encoding))
    assert [(finding.rule, finding.facts["kind"]) for finding in found] == [("utf-16", encoding[:6].upper())]


@for_each(("pack", "kind"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")])
def test_packed_calendar_has_one_finding(pack: Callable[[bytes], bytes], kind: str) -> None:
    """Name the packer."""
    assert [(finding.rule, finding.facts["kind"]) for finding in findings(pack(BODY))] == [("packed", kind)]


@for_each("size", [64, 71, 1 << 16])
@for_each("end", [b"\r\r\n", b"\r\r\r\n"])
def test_doubled_returns_are_reported_once(monkeypatch: pytest.MonkeyPatch, end: bytes, size: int) -> None:
    """CR CR LF is no missing end and no empty line, wherever the stream is cut."""
    body = BODY.replace(b"\r\n", end)
    monkeypatch.setattr("scraper.ical.lint.unfold.CHUNK", size)
    assert breaches(body) == ["line-ends-doubled"]
    good, _, bad = BODY.partition(b"NAME:Lessons")
    found = rules(good + b"NAME:Lessons" + bad.replace(b"\r\n", end))
    assert found["line-ends-doubled"].line == 5
