"""Which system this is, and what follows from it in other packages."""

import os
import sys

_USER_AGENTS = {
    "darwin": "Macintosh; Intel Mac OS X 10_15_7",
    "win32": "Windows NT 10.0; Win64; x64",
}


def is_windows() -> bool:
    """Return whether this is Windows."""
    return sys.platform == "win32"


def is_macos() -> bool:
    """Return whether this is macOS."""
    return sys.platform == "darwin"


def is_linux() -> bool:
    """Return whether this is Linux."""
    return sys.platform.startswith("linux")


def runs_as_root() -> bool:
    """Return whether the user is root: Chromium has no sandbox for root and refuses to start with one."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def user_agent_system() -> str:
    """Return the system's name as Chrome writes it into the header `User-Agent`."""
    return _USER_AGENTS.get(sys.platform, "X11; Linux x86_64")
