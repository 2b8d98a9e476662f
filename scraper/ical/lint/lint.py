"""Check any .ics against RFC 5545 and 7986, and for content that calendar programs are known to drop.

The file is read as a stream; memory and the number of findings are bounded for any input.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from scraper.ical.lint.calendar import Reader
from scraper.ical.lint.finding import Finding, FindingCollector
from scraper.ical.lint.subscription import fetch_calendar
from scraper.ical.lint.unfold import chunks_of, content_lines, not_a_calendar, other_encoding
from scraper.system.network.access import Access


def lint_calendar(stream: BinaryIO) -> Iterator[Finding]:
    """Yield the findings, roughly in the order of lines; those about the whole calendar come at its end.

    A stream without a calendar in its first 64 KB gives one finding: "not-a-calendar", or "utf-16" or "packed" for
    another encoding or a compressed file. After 1,000 findings, or 100 of one rule, further ones are only counted
    ("more"); after 20,000 more, reading stops ("stopped"). Raise only what reading the stream raises.
    """
    yield from _check(stream, FindingCollector())


def check_address(address: str, access: Access) -> Iterator[Finding]:
    """Yield the findings about the calendar at an address: first about the server's response, then about its content.

    Raise what `fetch_calendar` raises.
    """
    report = FindingCollector()
    body = fetch_calendar(address, access, report)
    yield from report.drain()
    if body is not None:
        yield from _check(BytesIO(body), report)


def _check(stream: BinaryIO, report: FindingCollector) -> Iterator[Finding]:
    chunks = chunks_of(stream)
    first = next(chunks)
    rule, kind = other_encoding(first)
    if not rule and (kind := not_a_calendar(first)):
        rule = "not-a-calendar"
    if rule:
        report.add(rule, 1, kind=kind)
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
