"""What the page says of an error: the command's sentences, but where those speak of a terminal the page's own."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.publishing.times import format_local_hour
from scraper.web.pages.templating import typeset

TERMINAL = re.compile(r"--\w|\baurion \w|\bAURION_|\bmake \w")
"""What only somebody at a terminal can follow: beside it the page has a button, or nothing to add."""


def error_message(error: AurionError, words: Catalogue) -> tuple[str, str]:
    """Message and hint."""
    return on_the_page(type(error).__name__, error.reason, words.error(error), words)


def on_the_page(error: str, reason: str, said: tuple[str, str], words: Catalogue) -> tuple[str, str]:
    """Message and hint of an error of that class and reason, of which `said` is what the command says."""
    hint = "" if TERMINAL.search(said[1]) else said[1]
    message, hint = _own(error, reason, "message", said[0], words), _own(error, reason, "hint", hint, words)
    return typeset(message, words.language), typeset(hint, words.language)


def moment(at: datetime, now: datetime, words: Catalogue, zone: ZoneInfo | None) -> str:
    """The day and hour of a run in this machine's zone; `zone` is the school's."""
    here, hour = at.astimezone(), format_local_hour(at, zone)
    if here.date() == now.astimezone().date():
        return words("page.runs.today", hour=hour)
    return words("page.runs.moment", day=day(here.date(), words), hour=hour)


def day(day: date, words: Catalogue) -> str:
    """A day in figures."""
    return day.strftime(words("summary.date"))


def _own(error: str, reason: str, part: str, said: str, words: Catalogue) -> str:
    keys = (f"page.errors.{name}.{part}" for name in (f"{error}.{reason}", error) if not name.endswith("."))
    return next((words(key) for key in keys if words.has(key)), said)
