"""The page's address shown to a browser: in a file of its user's, for others of the machine can read a command line."""

import webbrowser
from contextlib import suppress
from html import escape
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import platformdirs

from scraper.private import write_private

if TYPE_CHECKING:
    from scraper.web.page.desk import Desk

PATIENCE = 60.0
"""Seconds that a browser may take to start; then the file goes, and the address stands in the terminal."""
LOOKS = 0.2
LEADING = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>Aurion</title>
<a href="{address}">Aurion</a>
"""


def show(address: str, desk: "Desk", token: str) -> None:
    """Opens the address in the user's browser, and waits until its token is used; nothing where that cannot be.

    The file lies where browsers that are shut in can read: in the Downloads folder, as no hidden one.
    """
    file = Path(platformdirs.user_downloads_path()) / "aurion.html"
    until = monotonic() + PATIENCE
    with suppress(OSError, webbrowser.Error):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, LEADING.format(address=escape(address)).encode())
        try:
            if webbrowser.open(file.as_uri()):
                while desk.door.has(token) and monotonic() < until and not desk.over.wait(LOOKS):
                    pass
        finally:
            file.unlink(missing_ok=True)
