"""Check the file that a user names for output, before the portal is contacted."""

import os
from collections.abc import Callable
from pathlib import Path

from scraper.config.path_text import path_below, path_fault
from scraper.domain.printable import escape_invisible
from scraper.errors import SettingsError, SinkRefused
from scraper.sinks.file import FileSink
from scraper.sinks.file_kind import CALENDAR, SCHOOL, FileKind
from scraper.sinks.sink import do_nothing
from scraper.system.paths import settings_file, state_path

FOR_CALENDARS = ("calendars", "feeds")
"""The subfolders of the state folder that hold calendars."""


def check_output(typed: str, base: Path) -> str:
    """Return a calendar's path in the form used in settings; a relative path is taken below `base`.

    For settings and forms: standard output, pipes and devices are refused. Raise SettingsError where the text is not
    a calendar's path, DeliveryError where a calendar cannot be written there or would replace another kind of file.
    """
    text = typed.strip()
    if text == "-":
        raise SettingsError("path-dash", given=text)
    _refuse_fault(text)
    path = path_below(text, "~" if base == Path.home() else str(base))
    sink = file_sink(path)
    sink.check()
    if sink.path.exists() and not sink.path.is_file():
        raise SinkRefused("not-a-file", path=sink.name)
    return path


def file_sink(typed: str, kind: FileKind = CALENDAR, *, before_swap: Callable[[], None] = do_nothing) -> FileSink:
    """Return the sink of the file that a user named. Raise SettingsError or SinkRefused where it is not usable."""
    _refuse_fault(typed)
    path = Path(typed).expanduser()
    if is_own_file(path):
        raise SettingsError("path-own", given=str(path))
    return FileSink(path=path, kind=kind, before_swap=before_swap)


def draft_sink(typed: str) -> FileSink:
    """Return the sink of a school file, also for one in the user's own schools folder; raise as `file_sink` does."""
    path = Path(typed).expanduser()
    if Path(os.path.realpath(path)).parent == Path(os.path.realpath(settings_file().parent)) / "schools":
        return FileSink(path=path, kind=SCHOOL)
    return file_sink(typed, SCHOOL)


def is_own_file(path: Path) -> bool:
    """Return whether the path is in this program's settings or state folder, outside of the calendars' folders."""
    real = Path(os.path.realpath(path))
    state = Path(os.path.realpath(state_path()))
    if any(real.is_relative_to(state / name) for name in FOR_CALENDARS):
        return False
    return real.is_relative_to(state) or real.is_relative_to(os.path.realpath(settings_file().parent))


def _refuse_fault(text: str) -> None:
    reason = path_fault(text)
    if reason == "path-folder":
        raise SinkRefused("is-folder", path=text)
    if reason:
        raise SettingsError(reason, given=escape_invisible(text))
