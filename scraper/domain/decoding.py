"""A text file that a person wrote or saved: UTF-8, with any line ends and with or without a byte order mark."""

import codecs

WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotUtf8Error(ValueError):
    """The bytes are no UTF-8: from `line` on, where the encoding's name is not known."""

    def __init__(self, encoding: str, line: int) -> None:
        super().__init__(encoding, line)
        self.encoding = encoding
        self.line = line


def decoded(body: bytes) -> str:
    """Return the text without a byte order mark; lines may end with CR alone, or with CR CR LF.

    Raise NotUtf8Error for any other encoding: UTF-16 is recognised by its mark or its NULs.
    """
    if body.startswith(WIDE_MARKS) or b"\0" in body:
        raise NotUtf8Error("UTF-16" if body.startswith(WIDE_MARKS) or body.count(b"\0") > len(body) // 4 else "", 1)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8Error("", body.count(b"\n", 0, error.start) + 1) from None
    if "\n" not in text:
        return text.replace("\r", "\n")
    return text.replace("\r\r\n", "\r\n")
