"""Clean a password from a pipe, a variable or the keyboard; refuse one that cannot be typed."""

import re

from scraper.domain.decoding import NotUtf8Error, decode_text
from scraper.errors import SettingsError

NEVER_TYPED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ufffe\ufeff\ud800-\udfff]")


def secret_text(given: str | bytes) -> str:
    """Return the password without a leading byte order mark and a final line end.

    Windows PowerShell adds both, or writes UTF-16. Raise SettingsError("password-text") if it is not UTF-8 or contains
    a control character: the portal would count it as a wrong password.
    """
    try:
        text = decode_text(given) if isinstance(given, bytes) else given.removeprefix("\ufeff")
    except NotUtf8Error:
        raise SettingsError("password-text") from None
    text = re.sub(r"(?:\r?\n|\r)\Z", "", text)
    if NEVER_TYPED.search(text):
        raise SettingsError("password-text")
    return text
