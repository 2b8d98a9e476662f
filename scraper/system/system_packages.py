"""The system's packages: which one contains a shared library, and how to install it."""

import os
import re
import shutil
import subprocess
import tomllib
from importlib.resources import files
from pathlib import Path

from scraper.system.environment import clean_environment
from scraper.system.find_browser import has_screen
from scraper.system.platforms import runs_as_root

SECONDS = 600
"""The time limit of an installation."""
LOOK_SECONDS = 20
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
            table = tomllib.loads(files(__package__).joinpath("debian_packages.toml").read_text(encoding="utf-8"))
            return str(table.get(library, ""))
        case "dnf" | "zypper":  # RPM packages provide each library by its own name
            return f"'{library}()(64bit)'" if re.fullmatch(r"[\w.+-]+", library) else ""
        case _:
            return ""


def find_missing_libraries(program: Path) -> tuple[str, ...]:
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
    run_installer("apt-get", *settings, "update")
    return run_installer("apt-get", *settings, "install", "--no-install-recommends", *packages)


def install_browser_package() -> str:
    """Install the system's headless Chromium with its sandbox, and with a screen also the whole browser."""
    windowed = ("chromium",) if has_screen() else ()
    complaint = install_packages("chromium-headless-shell", "chromium-sandbox", *windowed)
    return install_packages("chromium") if complaint else ""  # an older release has no package for the headless shell


def run_installer(*command: str) -> str:
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
            timeout=SECONDS,
            env=settings | clean_environment(os.environ),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{Path(command[0]).name}: {getattr(error, 'strerror', None) or f'{SECONDS} s'}"
    return _error_line(done.stdout) or f"{Path(command[0]).name}: {done.returncode}" if done.returncode else ""


def _error_line(output: str) -> str:
    """Return the first error line, because later ones follow from it; else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"E(rror)?:", line)]
    return re.sub(r"//[^/\s]*@", "//", (errors[:1] or lines or [""])[-1])
