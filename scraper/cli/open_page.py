"""Opening of an address in the user's browser through a private file: other users can read command lines."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import escape
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import mkstemp
from time import monotonic
from typing import TYPE_CHECKING

import platformdirs

from scraper.system.environment import clean_environment
from scraper.system.processes import start_silent_process

if TYPE_CHECKING:
    from scraper.web.pages.server_state import ServerState

PATIENCE = 60.0
"""Time limit for the browser's start in seconds; then the file is deleted, and the terminal shows the address."""
POLL, GRACE = 0.2, 5.0
LEADING = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>Aurion</title>
<a href="{address}">Aurion</a>
"""


def show_page(address: str, state: "ServerState", token: str) -> None:
    """Open the address in the user's browser and wait until its token is used; do nothing if that is not possible."""
    until = monotonic() + PATIENCE
    with suppress(OSError), open_in_browser(address):
        while state.authenticator.is_valid_token(token) and monotonic() < until and not state.over.wait(POLL):
            pass


@contextmanager
def open_in_browser(address: str) -> Iterator[None]:
    """Open the address in the user's browser; the file that leads to it is deleted after the block. Raise OSError.

    The file is in the Downloads folder and not hidden, because sandboxed browsers can read it there.
    """
    folder = platformdirs.user_downloads_path()
    folder.mkdir(parents=True, exist_ok=True)
    number, name = mkstemp(prefix="aurion-", suffix=".html", dir=folder)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(LEADING.format(address=escape(address)))
        command = (sys.executable, "-P", "-m", "webbrowser", Path(name).as_uri())  # Python's own way to the browser
        browser = start_silent_process(command, clean_environment(os.environ))
        yield
        with suppress(TimeoutExpired):
            browser.wait(GRACE)
    finally:
        Path(name).unlink(missing_ok=True)
