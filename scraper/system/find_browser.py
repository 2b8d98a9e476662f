"""Search for a Chromium: the configured one, the system's, or a download of Playwright's.

Playwright is not imported here, because its import takes much longer than the search.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from scraper.errors import BrowserMissing

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
SHELLS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
"""Names of headless shells: Chromium without windows, which starts faster than the whole browser."""
ON_PATH = ("chromium", "chromium-browser")
ON_MACOS = "Chromium.app/Contents/MacOS/Chromium"
ON_WINDOWS = "Chromium/Application/chrome.exe"
CHANNELS = (Path("chrome"), Path("msedge"))
"""Playwright's channels for Chrome and Edge, in place of a path: Playwright knows where each system installs them."""
IN_DOWNLOAD = ("chrome-*/chrome", "chrome-*/chrome.exe", "chrome-*/*.app/Contents/MacOS/*")
IN_DOWNLOADED_SHELL = ("chrome-*/*headless*shell*",)
SCRIPT_BYTES = 16_384


def find_browsers(given: Path | None = None, *, windowed: bool = False) -> Sequence[Path]:
    """Return the browsers to try, best first: `given`; else headless shells, the system's, `CHANNELS`, downloads.

    A `windowed` browser can show a window, which a headless shell cannot. Raise BrowserMissing where `given` is
    "absent", a "folder", "not-executable" or "windowless".
    """
    if given is not None:
        path = _check_given(given)
        if windowed and is_shell(path):
            raise BrowserMissing("windowless", path=str(path))
        return (path,)
    found = [
        *([] if windowed else _headless_shells()),
        *_system_browsers(),
        *CHANNELS,
        *_complete_downloads("chromium-*", IN_DOWNLOAD),
    ]
    return tuple(dict.fromkeys(path for path in found if path in CHANNELS or _executable(path)))


def is_shell(path: Path) -> bool:
    """Return whether the browser at that path is a headless shell."""
    return path.stem in SHELLS


def _check_given(given: Path) -> Path:
    """Return the absolute path of the configured browser: a file, or a macOS application."""
    path = Path(os.path.abspath(os.path.expanduser(given)))  # noqa: PTH100, PTH111 - Path's own raise without a home
    if path.suffix == ".app" and (inside := sorted(path.glob("Contents/MacOS/*"))):
        path = inside[0]
    if _executable(path):
        return path
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where it may not look
        raise BrowserMissing("folder", path=str(path))
    raise BrowserMissing("not-executable" if os.path.exists(path) else "absent", path=str(path))  # noqa: PTH110 - also


def has_screen() -> bool:
    """Return whether this machine can show a window."""
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in SCREENS)


def downloads_folder() -> Path:
    """Return Playwright's browser folder: PLAYWRIGHT_BROWSERS_PATH (`0`: in its package), else in the cache."""
    configured = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if configured == "0":
        spec = find_spec("playwright")
        package = Path(spec.origin).parent if spec and spec.origin else Path()
        return package / "driver" / "package" / ".local-browsers"
    return Path(configured) if configured else _cache() / "ms-playwright"


def _cache() -> Path:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises where there is no home
    match sys.platform:
        case "darwin":
            return home / "Library" / "Caches"
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        case _:
            return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")


def _on_path(names: Sequence[str]) -> Iterator[Path]:
    """Yield every command of these names: one that does not start may come before another that does."""
    folders = list(dict.fromkeys(filter(None, os.environ.get("PATH", os.defpath).split(os.pathsep))))
    for name in names:
        for folder in folders:
            if (found := shutil.which(name, path=folder)) and not _needs_snap(Path(found)):
                yield Path(found)


def _system_browsers() -> Iterator[Path]:
    yield from _on_path(ON_PATH)
    if sys.platform == "darwin":
        yield from (folder / "Applications" / ON_MACOS for folder in (Path("/"), _cache().parents[1]))
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if folder_name := os.environ.get(variable):
                yield Path(folder_name) / ON_WINDOWS


def _headless_shells() -> Iterator[Path]:
    yield from _on_path(SHELLS)
    yield from _complete_downloads("chromium_headless_shell-*", IN_DOWNLOADED_SHELL)


def _complete_downloads(pattern: str, inside: Sequence[str]) -> Iterator[Path]:
    complete = [mark.parent for mark in downloads_folder().glob(f"{pattern}/INSTALLATION_COMPLETE")]
    for folder in sorted(complete, key=_revision, reverse=True):
        for place in inside:
            yield from folder.glob(place)


def _revision(folder: Path) -> int:
    digits = folder.name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def _executable(path: Path) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)  # noqa: PTH113 - Path.is_file raises where it may not look


def _needs_snap(path: Path) -> bool:
    """Return whether it is a snap, or a script that starts one: a snap cannot read the profile created for it."""
    try:
        if "snap" in path.parts or path.resolve().name == "snap":
            return True
        with path.open("rb") as file:
            start = file.read(SCRIPT_BYTES)
    except OSError:
        return False
    return start.startswith(b"#!") and b"/snap/" in start
