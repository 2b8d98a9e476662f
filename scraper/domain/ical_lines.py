"""Content lines of iCalendar (RFC 5545 §3.1): fold and unfold them, and cut components out of a calendar's bytes."""

import re
from collections.abc import Iterable, Iterator

OCTETS = 75
"""The longest line."""
STAMPS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
"""The properties that record a change; they are not part of an event's content."""
BACKSLASH = ord("\\")
CONTINUED = 0b10  # the first bits of the second, third and fourth octet of a character in UTF-8
_LINE_END = re.compile(rb"\r?\n(?![ \t])")
_FOLD = re.compile(rb"\r?\n[ \t]")
_NAME_END = re.compile("[;:]")
_ESCAPED = re.compile(r"\\(.)")


def fold_line(line: str) -> bytes:
    """Return one content line with CRLF, folded at 75 octets and never inside a character (§3.1).

    icalendar's own folding checks every character, which takes half of the rendering time.
    """
    octets, start, room = line.encode(), 0, OCTETS
    parts = []
    while len(octets) - start > room:
        cut = start + room
        while octets[cut] >> 6 == CONTINUED:
            cut -= 1
        cut -= octets[cut - 1] == BACKSLASH  # some programs lose an escape that is split
        parts.append(octets[start:cut])
        start, room = cut, OCTETS - 1
    return b"\r\n ".join([*parts, octets[start:]]) + b"\r\n"


def unfold_line(line: bytes) -> str:
    """Return a content line without its folds; bytes that are not UTF-8 become U+FFFD."""
    return _FOLD.sub(b"", line).decode("utf-8", "replace")


def split_lines(body: bytes) -> list[bytes]:
    """Return the content lines of a calendar, still folded, without line ends."""
    return _LINE_END.split(body)


def components(lines: Iterable[bytes], name: str) -> Iterator[list[bytes]]:
    """Yield the lines of each component of that name, including BEGIN and END."""
    begin, end = f"BEGIN:{name}".encode(), f"END:{name}".encode()
    inside: list[bytes] | None = None
    for line in lines:
        if line == begin:
            inside = []
        if inside is not None:
            inside.append(line)
            if line == end:
                yield inside
                inside = None


def event_lines(body: bytes) -> Iterator[list[str]]:
    """Yield the unfolded content lines of each VEVENT, including BEGIN and END."""
    for lines in components(split_lines(body), "VEVENT"):
        yield [unfold_line(line) for line in lines]


def property_name(line: str) -> str:
    """Return the name of a content line's property, in upper case."""
    return _NAME_END.split(line, maxsplit=1)[0].upper()


def unescape_text(value: str) -> str:
    """Return a TEXT value without its escapes (§3.3.11)."""
    return _ESCAPED.sub(lambda sign: "\n" if sign[1] in "nN" else sign[1], value)


def value_of(lines: Iterable[str], name: str) -> str:
    """Return the value of the first property with that name and no parameters, "" if there is none."""
    return next((line.partition(":")[2] for line in lines if line.startswith(f"{name}:")), "")
