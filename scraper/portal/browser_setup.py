"""Set-up of a browser that really starts, and its driver: find one, else install one where the user may."""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

from scraper.errors import BrowserMissing
from scraper.portal.browser import Chromium
from scraper.portal.driver import start_driver
from scraper.system import system_packages
from scraper.system.find_browser import find_browsers, has_screen

ADVISED = ("library", "package", "sandbox", "sandbox-forbidden")
"""Reasons with their own advice; the general advice would be to repeat the step that just failed."""

Start = Callable[[Path | None], None]
"""A function that starts and closes the browser at a path, or only the driver. Raises BrowserMissing."""


class Say(Protocol):
    """A function that reports a long step."""

    def __call__(self, key: str, /, **facts: object) -> None:
        """Report the step: a key of the catalogue with its facts."""


def starter(*, sandbox: bool) -> Start:
    """Return a Start that uses Playwright's driver like a run without a window."""

    def start(path: Path | None) -> None:
        with start_driver() as driver:
            if path is not None:
                with closing(Chromium(driver=driver, path=path, sandbox=sandbox)) as chromium:
                    chromium.start()

    return start


def set_up_browser(say: Say, start: Start, given: Path | None = None) -> Path:
    """Return a browser that starts: `given` where it is set, else one found here, else a newly installed one.

    Raise BrowserMissing: with the driver's reason; "configured" where `given` does not start but another browser does;
    with the best browser's reason; or "not-got" where nothing could be installed.
    """
    _start(start, None, say)
    if given is None:
        return _any_browser(say, start, {})
    path = find_browsers(given)[0]
    try:
        _start(start, path, say)
    except BrowserMissing as error:
        if error.reason.startswith("sandbox"):
            raise
        other = _any_browser(say, start, {path: error})
        raise BrowserMissing("configured", path=str(path), detail=_cause(error), other=str(other)) from None
    return path


def _any_browser(say: Say, start: Start, failed: dict[Path, BrowserMissing]) -> Path:
    """Return a browser that starts: one found here, else a system package, else Playwright's download."""
    install_error = ""
    for get in (None, _install_package if system_packages.may_install() else None, _download):
        if get is not None:
            install_error = get(say) or install_error
        for path in find_browsers():
            if path not in failed:
                try:
                    _start(start, path, say)
                except BrowserMissing as error:
                    if error.reason != "none":
                        failed[path] = error
                else:
                    return path
        if any(error.reason.startswith("sandbox") for error in failed.values()):
            break  # the system would refuse the sandbox of any other browser too
    best = next(iter(failed.values()), None)
    if best and best.reason in ADVISED:
        raise best
    cause = f"{best.facts['path']}: {_cause(best)}" if best else install_error
    command = system_packages.install_command()
    raise BrowserMissing("not-got-package" if command else "not-got", detail=cause, command=command)


def _cause(error: BrowserMissing) -> str:
    return str(error.facts.get("detail") or error.reason)


def _start(start: Start, path: Path | None, say: Say) -> None:
    """Start the browser or the driver; install missing libraries where the user may."""
    installed: set[str] = set()
    while True:
        try:
            return start(path)
        except BrowserMissing as error:
            package = str(error.facts.get("package", ""))
            if not package or not system_packages.may_install():
                raise
            if package in installed:  # the package is installed, but the browser does not find the library
                raise BrowserMissing("start", **error.facts) from None
            say("browser.libraries", package=package)
            if system_packages.install_packages(*package.split()):
                raise
            installed.add(package)


def _install_package(say: Say) -> str:
    say("browser.packages")
    return system_packages.install_browser_package()


def _download(say: Say) -> str:
    """Let Playwright download its headless shell, and with a screen also the whole browser."""
    say("browser.downloading")
    only = () if has_screen() else ("--only-shell",)
    return system_packages.run_installer(sys.executable, "-m", "playwright", "install", *only, "chromium")
