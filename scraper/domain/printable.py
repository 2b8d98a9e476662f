"""Make external text safe to display: it cannot move a cursor, set a title or reverse the direction of text."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

SEQUENCE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    "|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # OSC, DCS, SOS, PM, APC: titles, links
    "|\x1b[ -/]*[0-~]"
)
"""Escape sequences that begin with ESC. Of C1 characters only the character itself is removed, without a sequence
after it: it is often a wrongly decoded letter."""
BIDI = "\u202a-\u202e\u2066-\u2069"
"""Characters that override or embed the text direction; single direction marks are harmless and stay."""
_UNPRINTABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{BIDI}]")
SURROGATE = re.compile("[\ud800-\udfff]")
LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
ODD = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{BIDI}]")
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def printable(text: str) -> str:
    """Return the text without escape sequences, control characters and bidirectional overrides.

    Every line end becomes a newline; a tab stays. Half a surrogate pair becomes U+FFFD.
    """
    if not ODD.search(text):
        return text
    lines = LINE_END.sub("\n", SEQUENCE.sub("", text))
    return _UNPRINTABLE.sub(lambda found: "\ufffd" if "\ud800" <= found[0] <= "\udfff" else "", lines)


def escape_invisible(text: str) -> str:
    r"""Return the text on one line, invisible characters written as in TOML: `\t`, `\u202e`."""

    def escape(found: re.Match[str]) -> str:
        return _NAMED.get(found[0]) or f"\\u{ord(found[0]):04x}"

    return re.sub(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{BIDI}]", escape, text)


class PrintableStream:
    """A text stream for users that makes everything printable before it is written."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write the printable text; return the length of the text given."""
        self.stream.write(printable(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of the stream
        return getattr(self.stream, name)


@contextmanager
def printable_streams() -> Iterator[None]:
    """Make standard output and standard error printable while the block runs; keep streams that the block installs."""
    before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    ours = {name: cast("TextIO", PrintableStream(stream)) for name, stream in before.items()}
    for name, stream in ours.items():
        setattr(sys, name, stream)
    try:
        yield
    finally:
        for name, stream in ours.items():
            if getattr(sys, name) is stream:
                setattr(sys, name, before[name])
