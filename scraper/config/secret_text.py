"""A password as it was given by a pipe, a variable or a keyboard: refused where it cannot be what its owner typed."""

import re

from scraper.domain.decoding import NotUtf8Error, decoded
from scraper.errors import SettingsError

NEVER_TYPED = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ufffe\ufeff\ud800-\udfff]")


def secret_text(given: str | bytes) -> str:
    """Return the password without one byte order mark before it and one line end after it.

    Windows PowerShell adds both, or writes UTF-16. Raise SettingsError("password-text") for what is no UTF-8 or has a
    control character: sent as it is, it would count as a wrong password.
    """
    try:
        text = decoded(given) if isinstance(given, bytes) else given.removeprefix("\ufeff")
    except NotUtf8Error:
        raise SettingsError("password-text") from None
    text = re.sub(r"(?:\r?\n|\r)\Z", "", text)
    if NEVER_TYPED.search(text):
        raise SettingsError("password-text")
    return text
