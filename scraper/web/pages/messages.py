"""Error messages for the page: the command's own, except where they refer to a terminal."""

import re

from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.web.pages.templating import typeset

TERMINAL = re.compile(r"--\w|\baurion \w|\bAURION_|\bmake \w")
"""What can only be done in a terminal; the page offers a button for it, or nothing."""


def error_message(error: AurionError, words: Catalogue) -> tuple[str, str]:
    """Return message and hint of an error."""
    return page_message(type(error).__name__, error.reason, words.error(error), words)


def page_message(error: str, reason: str, command_message: tuple[str, str], words: Catalogue) -> tuple[str, str]:
    """Return message and hint of an error class and reason; `command_message` are the command's own two texts."""
    hint = "" if TERMINAL.search(command_message[1]) else command_message[1]
    message = _page_text(error, reason, "message", command_message[0], words)
    hint = _page_text(error, reason, "hint", hint, words)
    return typeset(message, words.language), typeset(hint, words.language)


def _page_text(error: str, reason: str, part: str, default: str, words: Catalogue) -> str:
    """Return the page's own text for that part of an error, else the command's."""
    keys = (f"page.errors.{name}.{part}" for name in (f"{error}.{reason}", error) if not name.endswith("."))
    return next((words(key) for key in keys if words.has(key)), default)
