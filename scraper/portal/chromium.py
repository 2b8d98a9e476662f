"""Which Chromium: the one given, one of the system, one that Playwright downloaded; else how one is got.

Playwright itself is not imported here: looking for a browser costs milliseconds, not its start-up.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from scraper.errors import BrowserMissing
from scraper.processes import for_others

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
ON_PATH = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
ON_MACOS = ("Chromium", "Google Chrome", "Microsoft Edge")
ON_WINDOWS = (
    "Chromium/Application/chrome.exe",
    "Google/Chrome/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
DOWNLOADED = (
    ("chromium-*", ("chrome-*/chrome", "chrome-*/chrome.exe", "chrome-*/*.app/Contents/MacOS/*")),
    ("chromium_headless_shell-*", ("chrome-*/*headless*shell*",)),
)
SCRIPT_BYTES = 16_384
DOWNLOAD_SECONDS = 600
PACKAGES_SECONDS = 600
START_SECONDS = 30


def find_browser(given: Path | None = None) -> Path | None:
    """The browser to use: `given`, else the system's Chromium, Chrome or Edge, else Playwright's download.

    None where there is none. Raises BrowserMissing("not-a-browser", path) when `given` cannot be executed.
    """
    if given is None:
        return next((path for path in (*_of_system(), *_downloaded()) if _executable(path)), None)
    path = Path(os.path.expanduser(given))  # noqa: PTH111 - Path.expanduser raises where there is no home
    if not _executable(path):
        raise BrowserMissing("not-a-browser", path=str(given))
    return path


def find_browsers() -> Sequence[Path]:
    """All browsers of this machine, the best first."""
    return tuple(path for path in (*_of_system(), *_downloaded()) if _executable(path))


def get_browser(say: Callable[[str], None]) -> Path:
    """The browser found, else one that Playwright downloads, else (for root, on Debian or its kin) a package.

    `say` hears what is about to take long, as a key of the words: `browser.downloading`, `browser.packages`.
    Raises BrowserMissing: "none" where there is no browser in the end, "libraries" where the one downloaded
    does not start for want of the system's; `said` is what the last attempt complained of.
    """
    if found := find_browser():
        return found
    say("browser.downloading")
    said = _run(DOWNLOAD_SECONDS, sys.executable, "-m", "playwright", "install", "--no-shell", "chromium")
    found = find_browser()
    if found and not (said := _complaint(found)):
        return found
    if runs_as_root() and shutil.which("apt-get"):
        say("browser.packages")
        _run(PACKAGES_SECONDS, "apt-get", "-q", "update")
        said = _run(PACKAGES_SECONDS, "apt-get", "-q", "-y", "install", "chromium")
        if package := next(filter(_executable, _of_system()), None):
            return package
    raise BrowserMissing("libraries" if found else "none", said=said)


def has_screen() -> bool:
    """Whether a window can be shown here."""
    return sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in SCREENS)


def runs_as_root() -> bool:
    """Whether Chromium needs `--no-sandbox`: it has no sandbox for root, and only for root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def downloads_folder() -> Path:
    """Where Playwright keeps browsers: PLAYWRIGHT_BROWSERS_PATH (`0`: in its package), else the cache."""
    told = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if told == "0":
        spec = find_spec("playwright")
        package = Path(spec.origin).parent if spec and spec.origin else Path()
        return package / "driver" / "package" / ".local-browsers"
    return Path(told) if told else _cache() / "ms-playwright"


def _cache() -> Path:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises where there is no home
    match sys.platform:
        case "darwin":
            return home / "Library" / "Caches"
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        case _:
            return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")


def _of_system() -> Iterator[Path]:
    for name in ON_PATH:
        if (found := shutil.which(name)) and not _needs_snap(Path(found)):
            yield Path(found)
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), _cache().parents[1] / "Applications"):
            yield from (folder / f"{name}.app" / "Contents" / "MacOS" / name for name in ON_MACOS)
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if folder_name := os.environ.get(variable):
                yield from (Path(folder_name) / inside for inside in ON_WINDOWS)


def _downloaded() -> Iterator[Path]:
    for pattern, inside in DOWNLOADED:
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
    """Whether it is a snap, or the script that starts one: a snap does not see the profile made for it."""
    try:
        if "snap" in path.parts or path.resolve().name == "snap":
            return True
        with path.open("rb") as file:
            start = file.read(SCRIPT_BYTES)
    except OSError:
        return False
    return start.startswith(b"#!") and b"/snap/" in start


def _complaint(browser: Path) -> str:
    """Why a browser does not start; asked on Linux only: elsewhere it would open a window."""
    return _run(START_SECONDS, str(browser), "--version") if sys.platform == "linux" else ""


def _run(seconds: int, *command: str) -> str:
    """What a command complained about, without a proxy's password; empty when it went well."""
    settings = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(  # noqa: S603 - commands of this module
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            env=settings | for_others(os.environ),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{Path(command[0]).name}: {getattr(error, 'strerror', None) or f'{seconds} s'}"
    return _complaint_in(done.stdout) or f"{Path(command[0]).name}: {done.returncode}" if done.returncode else ""


def _complaint_in(output: str) -> str:
    """The first line that is an error, for what follows from it comes after; else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"E(rror)?:", line)]
    return re.sub(r"//[^/\s]*@", "//", (errors[:1] or lines or [""])[-1])
