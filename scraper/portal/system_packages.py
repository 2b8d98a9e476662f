"""The system's packages: which one contains a shared library, and how to install it."""

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
    "libatomic.so.1": "libatomic1",  # only Playwright's Node needs it on a minimal Debian
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
"""Packages of Debian and Ubuntu for the libraries of Node and Chromium; apt finds the newer names with `t64`."""
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
    """Return the system's package manager; empty where it is not known."""
    return next((name for name in MANAGERS if shutil.which(name)), "")


def package_of(library: str) -> str:
    """Return the package of a shared library for this system's manager; empty where it is not known."""
    match manager():
        case "apt-get":
            return DEBIAN.get(library, "")
        case "dnf" | "zypper":  # RPM packages provide each library by its own name
            return f"'{library}()(64bit)'" if re.fullmatch(r"[\w.+-]+", library) else ""
        case _:
            return ""


def libraries_missing(program: Path) -> tuple[str, ...]:
    """Return all shared libraries that the program lacks; empty where that cannot be looked up."""
    try:
        done = subprocess.run(  # noqa: S603 - the system's command
            ["ldd", str(program)],  # noqa: S607 - wherever the system has it
            check=False, capture_output=True, text=True, errors="replace", timeout=LOOK_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(re.findall(r"^\s*(\S+) => not found", done.stdout, re.MULTILINE))


def install_command(package: str = "") -> str:
    """Return the administrator's command to install the package, or a browser; empty where it is not known."""
    name = manager()
    if not name:
        return ""
    command = f"{MANAGERS[name]} {package or BROWSERS[name]}"
    return command if runs_as_root() else f"sudo {command}"


def may_install() -> bool:
    """Return whether packages can be installed without a password: by root, on Debian or a derivative."""
    return runs_as_root() and manager() == "apt-get"


def install_packages(*packages: str) -> str:
    """Install packages with apt; return its error message, empty on success."""
    settings = ("-q", "-y", "-o", "DPkg::Lock::Timeout=120")
    run_installer(SECONDS, "apt-get", *settings, "update")
    return run_installer(SECONDS, "apt-get", *settings, "install", "--no-install-recommends", *packages)


def install_browser_package() -> str:
    """Install the system's headless Chromium with its sandbox, and with a screen also the whole browser."""
    windowed = ("chromium",) if has_screen() else ()
    complaint = install_packages("chromium-headless-shell", "chromium-sandbox", *windowed)
    return install_packages("chromium") if complaint else ""  # an older release has no package for the headless shell


def run_installer(seconds: float, *command: str) -> str:
    """Run a command and return its error message without proxy passwords; empty on success."""
    settings = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed commands of the callers
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
    """Return the first error line, because later ones follow from it; else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"E(rror)?:", line)]
    return re.sub(r"//[^/\s]*@", "//", (errors[:1] or lines or [""])[-1])
