"""The system's packages: which one has a shared library, and how root installs it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from scraper.portal.find_browser import has_screen, runs_as_root
from scraper.system.processes import clean_environment

SECONDS = 600
LOOK_SECONDS = 20
DEBIAN = {
    "libatomic.so.1": "libatomic1",  # Playwright's Node needs it, and nothing else on a small Debian does
    "libstdc++.so.6": "libstdc++6",
    "libgcc_s.so.1": "libgcc-s1",
    "libasound.so.2": "libasound2",
    "libatk-1.0.so.0": "libatk1.0-0",
    "libatk-bridge-2.0.so.0": "libatk-bridge2.0-0",
    "libatspi.so.0": "libatspi2.0-0",
    "libcairo.so.2": "libcairo2",
    "libcups.so.2": "libcups2",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libexpat.so.1": "libexpat1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgbm.so.1": "libgbm1",
    "libgio-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgtk-3.so.0": "libgtk-3-0",
    "libnspr4.so": "libnspr4",
    "libnss3.so": "libnss3",
    "libnssutil3.so": "libnss3",
    "libsmime3.so": "libnss3",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libudev.so.1": "libudev1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libXcomposite.so.1": "libxcomposite1",
    "libXcursor.so.1": "libxcursor1",
    "libXdamage.so.1": "libxdamage1",
    "libXext.so.6": "libxext6",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libXrandr.so.2": "libxrandr2",
    "libXrender.so.1": "libxrender1",
    "libXss.so.1": "libxss1",
    "libXtst.so.6": "libxtst6",
}
"""Debian's and Ubuntu's packages of what Node and Chromium load; a `t64` at the end of a newer name is found by apt."""
MANAGERS = {
    "apt-get": "apt-get install -y",
    "dnf": "dnf install -y",
    "zypper": "zypper install -y",
    "pacman": "pacman -S",
}
BROWSERS = {
    "apt-get": "chromium-headless-shell",
    "dnf": "chromium-headless",
    "zypper": "chromium",
    "pacman": "chromium",
}


def manager() -> str:
    """The system's package manager; empty where none is known."""
    return next((name for name in MANAGERS if shutil.which(name)), "")


def package_of(library: str) -> str:
    """The package of a shared library, by this system's package manager; empty where it is not known."""
    match manager():
        case "apt-get":
            return DEBIAN.get(library, "")
        case "dnf" | "zypper":  # RPM packages provide each library by its own name
            return f"'{library}()(64bit)'" if re.fullmatch(r"[\w.+-]+", library) else ""
        case _:
            return ""


def libraries_missing(program: Path) -> tuple[str, ...]:
    """Every shared library that this program lacks; nothing where that cannot be looked up."""
    try:
        done = subprocess.run(  # noqa: S603 - the system's own
            ["ldd", str(program)],  # noqa: S607 - wherever the system has it
            check=False, capture_output=True, text=True, errors="replace", timeout=LOOK_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(re.findall(r"^\s*(\S+) => not found", done.stdout, re.MULTILINE))


def install_command(package: str = "") -> str:
    """The command that installs this package, or a browser, for an administrator; empty where it is not known."""
    name = manager()
    if not name:
        return ""
    command = f"{MANAGERS[name]} {package or BROWSERS[name]}"
    return command if runs_as_root() else f"sudo {command}"


def may_install() -> bool:
    """Whether packages can be installed here without asking anyone: by root, on Debian or a descendant."""
    return runs_as_root() and manager() == "apt-get"


def install(*packages: str) -> str:
    """Install packages by apt; what it complained about, empty where all went well."""
    settings = ("-q", "-y", "-o", "DPkg::Lock::Timeout=120")
    run(SECONDS, "apt-get", *settings, "update")
    return run(SECONDS, "apt-get", *settings, "install", "--no-install-recommends", *packages)


def install_browser_package() -> str:
    """Install the system's headless Chromium and its sandbox, and where there is a screen the whole browser."""
    windowed = ("chromium",) if has_screen() else ()
    complaint = install("chromium-headless-shell", "chromium-sandbox", *windowed)
    return install("chromium") if complaint else ""  # an older release has no headless shell of its own


def run(seconds: float, *command: str) -> str:
    """What a command complained about, without a proxy's password; empty where it went well."""
    settings = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(  # noqa: S603 - the callers' own commands
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            env=settings | clean_environment(os.environ),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{Path(command[0]).name}: {getattr(error, 'strerror', None) or f'{seconds} s'}"
    return _complaint_in(done.stdout) or f"{Path(command[0]).name}: {done.returncode}" if done.returncode else ""


def _complaint_in(output: str) -> str:
    """The first line that is an error, for what follows from it comes after; else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"E(rror)?:", line)]
    return re.sub(r"//[^/\s]*@", "//", (errors[:1] or lines or [""])[-1])
