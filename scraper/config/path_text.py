"""Check the text of a path before anything is written there."""

import re
from pathlib import Path

from scraper.domain.printable import escape_invisible
from scraper.system.platforms import is_windows

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|(?:mailto|webcal)s?:", re.IGNORECASE)
RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE)
"""Names that Windows reserves for devices, with any suffix."""
FORBIDDEN = re.compile(r'[<>:"|?*]')
"""Characters that names on Windows cannot have."""


def path_fault(text: str, *, windows: bool = is_windows()) -> str:
    """Return the fault of a file's path as reason of a SettingsError, "" where there is none.

    Only the text is checked; just the home folder of `~name` is looked up.
    """
    if not text.strip():
        return "path-empty"
    if escape_invisible(text) != text:
        return "path-control"
    if _ADDRESS.match(text.strip()):
        return "path-address"
    try:
        Path(text).expanduser()
    except RuntimeError:
        return "path-home"
    parts = re.split(r"[/\\]" if windows else "/", text)
    if parts[-1].strip() in {"", ".", "..", "~"}:
        return "path-folder"
    if windows and any(map(_is_reserved, [re.sub(r"^[A-Za-z]:", "", parts[0]), *parts[1:]])):
        return "path-reserved"
    return ""


def path_below(text: str, base: str) -> str:
    """Return the path, below `base` where it is relative; a `~` stays as the user wrote it."""
    if text == "-" or text.startswith("~") or Path(text).is_absolute():
        return text
    return f"{base.rstrip('/')}/{text}"


def _is_reserved(part: str) -> bool:
    if part in {"", ".", ".."}:
        return False
    return part[-1] in ". " or bool(RESERVED.fullmatch(part) or FORBIDDEN.search(part))
