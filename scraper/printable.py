"""Text from outside made fit to show: nothing in it moves a cursor, sets a title or reverses letters."""

import re

SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    "|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC
    "|\x1b[ -/]*[0-~]"
)
BIDI = "\u202a-\u202e\u2066-\u2069"
"""Characters that turn the text after them around, or embed it; the marks of one letter's width stay."""
UNPRINTABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{BIDI}]")
LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
ODD = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{BIDI}]")
NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f"}


def printable(text: str) -> str:
    """Return the text without escape sequences, control characters and bidirectional overrides.

    Every line end becomes a newline; a tab stays. Half a surrogate pair becomes U+FFFD.
    """
    if not ODD.search(text):
        return text
    return UNPRINTABLE.sub(_replacement, LINE_END.sub("\n", SEQUENCE.sub("", text)))


def escaped(text: str) -> str:
    r"""Return the text on one line, each character that is not seen as TOML writes it: `\t`, `\u202e`."""
    return re.sub(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{BIDI}]", lambda found: _escape(found[0]), text)


def _replacement(found: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= found[0] <= "\udfff" else ""


def _escape(character: str) -> str:
    return NAMED.get(character) or f"\\u{ord(character):04x}"
