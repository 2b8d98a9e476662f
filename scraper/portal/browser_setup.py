"""A browser that really starts, with the driver for it: found, else installed where this user may install."""

import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from scraper.errors import BrowserMissing
from scraper.portal import system_packages
from scraper.portal.browser import Chromium, started_driver
from scraper.portal.find_browser import find_browsers, has_screen

DOWNLOAD_SECONDS = 600
ADVISED = ("library", "package", "sandbox", "sandbox-forbidden")
"""Reasons with advice of their own; that of the others is to run what has just failed."""

Start = Callable[[Path | None], None]
"""Starts the browser at a path and ends it again, or the driver alone. Raises BrowserMissing."""


class Say(Protocol):
    """What reports the steps that take long: a key of the words, with its facts."""

    def __call__(self, key: str, /, **facts: object) -> None:
        """Report one."""


def starter(*, sandbox: bool) -> Start:
    """Make a Start that uses Playwright's driver, as a run without a window does."""

    def start(path: Path | None) -> None:
        with started_driver() as driver:
            if path is not None:
                with closing(Chromium(driver=driver, path=path, sandbox=sandbox)) as chromium:
                    chromium.start()

    return start


def set_up_browser(say: Say, start: Start, given: Path | None = None) -> Path:
    """Return a browser that starts: `given` where one is named, else one found here, else one installed now.

    Raises BrowserMissing: for the driver why it does not start; "configured" where `given` does not start but another
    does; else why the best one found does not start, or "not-got" where there is nothing better to advise.
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
        raise BrowserMissing("configured", path=str(path), said=_said(error), other=str(other)) from None
    return path


def _any_browser(say: Say, start: Start, failed: dict[Path, BrowserMissing]) -> Path:
    """One found here that starts, else one from the system's packages, else one that Playwright downloads."""
    complaint = ""
    for get in (None, _install_package if system_packages.may_install() else None, _download):
        if get is not None:
            complaint = get(say) or complaint
        for path in _found():
            if path not in failed:
                try:
                    _start(start, path, say)
                except BrowserMissing as error:
                    failed[path] = error
                else:
                    return path
        if any(error.reason.startswith("sandbox") for error in failed.values()):
            break  # a browser of another origin would be refused its sandbox, too
    best = next(iter(failed.values()), None)
    if best and best.reason in ADVISED:
        raise best
    said = f"{best.facts['path']}: {_said(best)}" if best else complaint
    command = system_packages.install_command()
    raise BrowserMissing("not-got-package" if command else "not-got", said=said, command=command)


def _said(error: BrowserMissing) -> str:
    return str(error.facts.get("said") or error.reason)


def _start(start: Start, path: Path | None, say: Say) -> None:
    """Start the browser, or the driver; install the libraries that it lacks where this user may."""
    installed: set[str] = set()
    while True:
        try:
            return start(path)
        except BrowserMissing as error:
            package = str(error.facts.get("package", ""))
            if not package or not system_packages.may_install():
                raise
            if package in installed:  # it is there, and the browser does not find it
                raise BrowserMissing("start", **error.facts) from None
            say("browser.libraries", package=package)
            if system_packages.install(*package.split()):
                raise
            installed.add(package)


def _found() -> Sequence[Path]:
    try:
        return find_browsers()
    except BrowserMissing:
        return ()


def _install_package(say: Say) -> str:
    say("browser.packages")
    return system_packages.install_browser_package()


def _download(say: Say) -> str:
    """Let Playwright download its headless Chromium, and where there is a screen the whole browser."""
    say("browser.downloading")
    only = () if has_screen() else ("--only-shell",)
    return system_packages.run(DOWNLOAD_SECONDS, sys.executable, "-m", "playwright", "install", *only, "chromium")
