"""Reads anyone's .ics and tells what RFC 5545 and 7986 forbid in it, and what calendars are known to drop.

The file is read as a stream: what is held of it, and what is told, is bounded whatever comes.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from scraper.ical.lint.calendar import Reader
from scraper.ical.lint.finding import Finding, Level, Report
from scraper.ical.lint.subscription import fetched
from scraper.ical.lint.unfold import chunks_of, content_lines, not_a_calendar, other_encoding
from scraper.system.network.access import Access

__all__ = ["Finding", "Level", "check", "check_address"]


def check(stream: BinaryIO) -> Iterator[Finding]:
    """Each finding, about in the order of the lines; what needs the whole calendar comes at its end.

    A stream that does not begin with a calendar within its first 64 KB gives one finding, "not-a-calendar",
    or "utf-16" or "packed" where it would be one if it were saved otherwise. After
    1,000 findings, or 100 of one rule, they are only counted ("more"), after 20,000 more the reading ends
    ("stopped"). Raises what reading the stream raises, nothing else.
    """
    yield from _check(stream, Report())


def check_address(address: str, access: Access) -> Iterator[Finding]:
    """Each finding about the calendar at an address: first of the server's answer, then of what it serves.

    Raises what `subscription.fetched` raises.
    """
    report = Report()
    calendar = fetched(address, access, report)
    yield from report.drain()
    if calendar.readable:
        yield from _check(BytesIO(calendar.body), report)


def _check(stream: BinaryIO, report: Report) -> Iterator[Finding]:
    chunks = chunks_of(stream)
    first = next(chunks)
    rule, kind = other_encoding(first)
    if rule:
        report.add(rule, 1, kind=kind)
        yield from report.drain()
        return
    if kind := not_a_calendar(first):
        report.add("not-a-calendar", 1, kind=kind)
        yield from report.drain()
        return
    reader, line = Reader(report), 1
    for line, raw, cut in content_lines(chain([first], chunks), report):
        reader.take(line, raw, cut=cut)
        if report.found:
            yield from report.drain()
        if report.full:
            break
    else:
        reader.finish(line)
    report.close(line)
    yield from report.drain()
