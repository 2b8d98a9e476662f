"""Commands run within the test's own process: a tenth of the time of a process of their own."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import stamina
from playwright.sync_api import Browser

from scraper.cli import launch_chromium
from scraper.cli.app import build_command, run_command_line
from scraper.diagnostics.doctor import browser_checks
from scraper.i18n import Catalogue
from scraper.portal import browser, browser_setup, login, navigation, planning_page, tab
from scraper.portal import driver as driver_module
from scraper.portal.browser import Chromium
from scraper.portal.driver import Driver
from scraper.portal.launch import launch

SHORT_WAITS = {
    tab: {"QUIET": 0.7},
    login: {"LINK_SECONDS": 1.5},
    navigation: {"SUBMENU_SECONDS": 2},
    planning_page: {"PROMPT_SECONDS": 2.5},
}
"""Waits at a portal, by their modules: about half of those of users, because a busy machine needs time, too."""
NO_DRIVER = cast("Driver", object())
"""Environment of commands that end before they use a browser."""
Done = subprocess.CompletedProcess[str]
RunHere = Callable[..., Done]


def run_here(*arguments: str, cwd: Path, typed: str = "", **variables: str) -> Done:
    """Run a command that needs no terminal and ends before it asks a browser; `typed` is its standard input."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch_chromium, "chromium_for", lambda *_: nullcontext())
        return _run(NO_DRIVER, arguments, cwd, typed, variables)


def command_of(words: Catalogue, *names: str) -> Any:  # noqa: ANN401 - typer's own
    """Return the command, or the group, of these names, with all its options."""
    found: Any = build_command(words, names)
    for name in names:
        found = found.commands[name]
    return found


@dataclass(slots=True)
class SharedBrowsers:
    """The browsers of a worker's tests: each is started once and used by every run that would start the same."""

    driver: Driver
    _started: dict[tuple[object, ...], Browser] = field(default_factory=dict)

    def run(self, *arguments: str, cwd: Path, typed: str = "", **variables: str) -> Done:
        """Run a command that needs no terminal and no process of its own; `typed` is its standard input."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(browser, "launch", self._launch)
            patch.setattr(Chromium, "close", lambda chromium: chromium._open.close())
            return _run(self.driver, arguments, cwd, typed, variables)

    def close(self) -> None:
        """End the browsers."""
        for one in self._started.values():
            one.close()

    def _launch(
        self,
        driver: Driver,
        path: Path,
        switches: Sequence[str],
        *,
        headless: bool,
        sandbox: bool,
        environment: Mapping[str, str | float | bool] | None = None,
    ) -> Browser:
        wanted = (path, *switches, headless, sandbox)
        if wanted not in self._started or not self._started[wanted].is_connected():
            self._started[wanted] = launch(
                driver, path, switches, headless=headless, sandbox=sandbox, environment=environment
            )
        return self._started[wanted]


def _run(
    driver: Driver, arguments: Sequence[str], cwd: Path, typed: str, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with (
        pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors), _variables(variables),
        without_pauses(),
    ):  # fmt: skip
        patch.chdir(cwd)
        for module in (driver_module, browser_checks, browser_setup):
            patch.setattr(module, "start_driver", lambda: nullcontext(driver))
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8"))
        try:
            code = run_command_line(arguments, driver)
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(arguments, code, *(_text(stream) for stream in (output, errors)))


@contextmanager
def without_pauses() -> Iterator[None]:
    """Let attempts follow one another at once, as many as ever, and wait less for content that does not come."""
    with pytest.MonkeyPatch.context() as patch, stamina.set_testing(True, attempts=99, cap=True):
        for module, waits in SHORT_WAITS.items():
            for name, value in waits.items():
                patch.setattr(module, name, value)
        yield


@contextmanager
def _variables(given: Mapping[str, str]) -> Iterator[None]:
    """Set variables for a command; one that ends its process may leave others behind."""
    before, interval = dict(os.environ), sys.getswitchinterval()
    os.environ.update(given)
    _set_zone()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _set_zone()
        sys.setswitchinterval(interval)


def _set_zone() -> None:
    """Set local time from the variable TZ; Windows has no such function."""
    if hasattr(time, "tzset"):
        time.tzset()


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
