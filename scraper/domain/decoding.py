"""Read and decode files of users: UTF-8, with any line ends, with or without a byte order mark."""

import codecs
from pathlib import Path

_WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

MOST_BYTES = 200_000_000
"""The bytes that are read of a file. Recordings and backups are smaller; a device such as /dev/zero has no end."""


class NotUtf8Error(ValueError):
    """The bytes are not UTF-8; `line` is that of the first error, `encoding` a recognised encoding or empty."""

    def __init__(self, encoding: str, line: int) -> None:
        super().__init__(encoding, line)
        self.encoding = encoding
        self.line = line


def read_file(path: Path) -> bytes:
    """Return the bytes of a file that a user named, at most MOST_BYTES. Raise OSError."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def decode_text(body: bytes) -> str:
    """Return the text without a byte order mark; lines may end with CR alone or with CR CR LF.

    Raise NotUtf8Error for another encoding; UTF-16 is recognised by its byte order mark or its NULs.
    """
    if body.startswith(_WIDE_MARKS) or b"\0" in body:
        if body.startswith(_WIDE_MARKS) or body.count(b"\0") > len(body) // 4:
            raise NotUtf8Error("UTF-16", 1)
        raise NotUtf8Error("", body.count(b"\n", 0, body.index(b"\0")) + 1)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8Error("", body.count(b"\n", 0, error.start) + 1) from None
    if "\n" not in text:
        return text.replace("\r", "\n")
    return text.replace("\r\r\n", "\r\n")
