"""Split bytes into unfolded content lines; check line ends, length and folding (RFC 5545 §3.1) in bounded memory."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import BinaryIO

from scraper.domain.ical_lines import OCTETS
from scraper.ical.lint.finding import FindingCollector

CHUNK = 1 << 16
_LONGEST = 1 << 16
LONGEST_WITH_RETURN = OCTETS + 1
BOM = b"\xef\xbb\xbf"
LONE_RETURN = re.compile(rb"\r(?!\r{0,2}(?:\n|\Z))")
DOUBLED_END = re.compile(rb"\r{2,3}\n")
"""CR LF after it was written in text mode on Windows, once or twice."""
FIRST_OF_CALENDAR = re.compile(rb"(?i)(?:\A|[\r\n]|\xef\xbb\xbf)BEGIN:VCALENDAR")
_BLANKS = (ord(" "), ord("\t"))
LATER_BYTE = range(0x80, 0xC0)

_WIDE_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
WIDE_START = re.compile(rb"(?i)\s?\0?(?:B\0E\0G\0I\0N|B\0\0\0E\0\0\0G)")
PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "ZIP"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"(\xb5/\xfd", "zstd"),
)
START_OF_OTHERS = ((b"<", "HTML"), (b"{", "JSON"), (b"[", "JSON"), (b"%PDF", "PDF"))


def chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the stream in chunks; the first has 64 KB unless the stream is shorter, even where reads return less."""
    first = b""
    while len(first) < CHUNK and (more := stream.read(CHUNK - len(first))):
        first += more
    yield first
    yield from iter(partial(stream.read, CHUNK), b"")


def not_a_calendar(first: bytes) -> str:
    """Return what kind of file this is (`empty`, `binary`, `text`, `HTML`, …); "" where a calendar begins in it."""
    if FIRST_OF_CALENDAR.search(first):
        return ""
    start = first.removeprefix(BOM).strip()
    if not start:
        return "empty"
    for sign, kind in START_OF_OTHERS:
        if start.startswith(sign):
            return kind
    return "binary" if b"\0" in first else "text"


def other_encoding(first: bytes) -> tuple[str, str]:
    """Return the rule and the kind of a file in UTF-16 or UTF-32 or compressed; empty for other files."""
    for mark, kind in _WIDE_MARKS:
        if first.startswith(mark):
            return "utf-16", kind
    if found := WIDE_START.match(first):
        return "utf-16", "UTF-16" if b"\0\0" not in found[0] else "UTF-32"
    return next((("packed", kind) for start, kind in PACKED if first.startswith(start)), ("", ""))


def content_lines(chunks: Iterable[bytes], report: FindingCollector) -> Iterator[tuple[int, bytes, bool]]:
    """Yield each unfolded content line: the number of its first physical line, its bytes, whether it was cut."""
    held, folded = b"", list[bytes]()
    start = number = size = 0
    for raw in _physical_lines(chunks, report):
        number += 1
        good = raw[-1:] == b"\r" and len(raw) <= LONGEST_WITH_RETURN
        line = raw[:-1] if good else _without_end(raw, number, report)
        if report.full:
            return
        if line and line[0] in _BLANKS:
            _check_fold(line, number, report, follows=bool(held or folded))
            start, size = start if held or folded else number, size + len(line)
            if size < _LONGEST:
                folded.append(line[1:])
            continue
        if held or folded:
            yield start, held + b"".join(folded) if folded else held, size >= _LONGEST
            folded.clear()
        if not line:
            report.add("blank-line", number)
        held, start, size = line, number, len(line)
    if held or folded:
        yield start, held + b"".join(folded), size >= _LONGEST


def _physical_lines(chunks: Iterable[bytes], report: FindingCollector) -> Iterator[bytes]:
    """Yield lines without their line feed; of an endless one, `_LONGEST` bytes at most."""
    rest, first, number = b"", True, 1
    for chunk in chunks:
        block = rest + chunk
        if first and block.startswith(BOM):
            report.add("bom", 1)
            block = block[len(BOM) :]
        first = False
        if block.count(b"\r") != block.count(b"\r\n"):
            if found := LONE_RETURN.search(block):
                report.add("line-ends-return", number + block.count(b"\n", 0, found.start()))
                block = LONE_RETURN.sub(b"\n", block)
            if found := DOUBLED_END.search(block):
                report.add("line-ends-doubled", number + block.count(b"\n", 0, found.start()))
                block = DOUBLED_END.sub(b"\r\n", block)
        number += block.count(b"\n")
        lines = block.split(b"\n")
        rest = lines.pop()
        yield from lines
        if len(rest) > _LONGEST:
            rest = rest[: _LONGEST - 1] + rest[-1:]
    if rest:
        lone = rest.endswith(b"\r")
        yield rest[:-1] if lone else rest + b"\n"  # the line feed marks the last line as unterminated


def _without_end(raw: bytes, number: int, report: FindingCollector) -> bytes:
    if raw[-1:] == b"\r":
        line = raw[:-1]
    elif raw[-1:] == b"\n":
        line = raw[:-1]
        report.add("last-line", number)
    else:
        line = raw
        report.add("line-ends", number)
    if len(line) > OCTETS:
        report.add("line-long", number, octets=str(len(line)) if len(line) < _LONGEST else f">{_LONGEST}")
    return line


def _check_fold(line: bytes, number: int, report: FindingCollector, *, follows: bool) -> None:
    if not follows:
        report.add("fold-first", number)
    elif line[1:2] and line[1] in LATER_BYTE:
        report.add("fold-split", number)
