"""The page's address shown to a browser: in a file of its user's, for others of the machine can read a command line."""

import os
import subprocess
import sys
from contextlib import suppress
from html import escape
from pathlib import Path
from tempfile import mkstemp
from time import monotonic
from typing import TYPE_CHECKING

import platformdirs

from scraper.system.processes import clean_environment

if TYPE_CHECKING:
    from scraper.web.pages.server_state import ServerState

PATIENCE = 60.0
"""Seconds that a browser may take to start; then the file goes, and the address stands in the terminal."""
LOOKS, GRACE = 0.2, 5.0
LEADING = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>Aurion</title>
<a href="{address}">Aurion</a>
"""


def show(address: str, state: "ServerState", token: str) -> None:
    """Opens the address in the user's browser, and waits until its token is used; nothing where that cannot be.

    The file lies where browsers that are shut in can read: in the Downloads folder, as no hidden one.
    """
    folder, until = platformdirs.user_downloads_path(), monotonic() + PATIENCE
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        number, name = mkstemp(prefix="aurion-", suffix=".html", dir=folder)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(LEADING.format(address=escape(address)))
            browser = _browse(Path(name).as_uri())
            while state.authenticator.is_valid_token(token) and monotonic() < until and not state.over.wait(LOOKS):
                pass
            with suppress(subprocess.TimeoutExpired):
                browser.wait(GRACE)
        finally:
            Path(name).unlink(missing_ok=True)


def _browse(address: str) -> subprocess.Popen[bytes]:
    """Shown by the user's browser, which gets none of our variables."""
    return subprocess.Popen(  # noqa: S603 - Python's own way to the user's browser
        [sys.executable, "-P", "-m", "webbrowser", address],
        env=clean_environment(os.environ), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
