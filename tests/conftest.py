"""Fixtures and options of all tests: the installed Chromium, and a home for each test."""

import os
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Playwright

from scraper.system.find_browser import downloads_folder, find_browsers
from scraper.system.network.authorities import VARIABLES
from scraper.system.platforms import runs_as_root
from scraper.system.signals import SIGNALS
from tests.commands import SharedBrowsers
from tests.without_browser import exports, fail_if_started, put_stand_ins, starts_portal, uses_browser, uses_database

HOMES = {
    "HOME": "",
    "USERPROFILE": "",
    "XDG_CONFIG_HOME": ".config",
    "XDG_STATE_HOME": ".local/state",
    "XDG_DATA_HOME": ".local/share",
    "XDG_CACHE_HOME": ".cache",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
}
LOCALES = ("LC_ALL", "LC_MESSAGES", "LANGUAGE")
STARTED = pytest.StashKey[Path]()
ANY = "any"
pytest_plugins = ["tests.hosting.servers", "tests.quick_age", "tests.server_threads"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option for another order of the tests."""
    parser.addoption("--shuffle", metavar="SEED", help=f"run the tests in the order of SEED; {ANY}: of a new one")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how hard hypothesis tries: `house` tries the same each time, `wide` (HYPOTHESIS_PROFILE) what is new.

    HYPOTHESIS_EXAMPLES is how many cases `wide` tries of each test.

    A run that deselects the tests with a browser has no browser. The order is chosen once, for all processes.
    """
    os.environ.pop("PYTHONUNBUFFERED", None)  # pipes have buffers, as they have for users
    if config.option.shuffle == ANY:
        config.option.shuffle = os.environ.setdefault("SHUFFLE", str(random.SystemRandom().randrange(1_000_000)))
    settings.register_profile("house", deadline=None, max_examples=25, derandomize=True)
    wide = int(os.environ.get("HYPOTHESIS_EXAMPLES", "200"))
    settings.register_profile("wide", deadline=None, max_examples=wide, print_blob=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))
    if "not browser" in config.getoption("markexpr") and sys.platform != "win32":
        folder = tempfile.TemporaryDirectory(prefix="no-browser-")
        config.add_cleanup(folder.cleanup)
        config.stash[STARTED] = put_stand_ins(Path(folder.name))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show how to repeat the order."""
    if config.option.shuffle:
        terminalreporter.write_line(f"The order is that of --shuffle {config.option.shuffle}.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that start a browser or a database, and those that a date may change; put all in their order."""
    for item in items:
        if exports(item):
            item.add_marker("exports")
        if starts_portal(item) or uses_browser(item):
            item.add_marker("browser")
        if uses_database(item):
            item.add_marker("slow")
    if config.option.shuffle:
        random.Random(config.option.shuffle).shuffle(items)  # noqa: S311 - to be repeated, not to be secret


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Fail a test that starts a browser in a run without them; its fixtures have been left by now."""
    if started := item.config.stash.get(STARTED, None):
        fail_if_started(started)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_in_use: Path) -> dict[str, Any]:
    """Launch the Chromium that the program itself would use."""
    return {
        **browser_type_launch_args,
        "executable_path": browser_in_use,
        "chromium_sandbox": not runs_as_root(),
    }


@pytest.fixture(scope="session")
def browser_in_use() -> Path:
    """The browser of the tests: the one found, or the one that TESTED_BROWSER names."""
    given = os.environ.get("TESTED_BROWSER")
    return find_browsers(Path(given) if given else None)[0]


@pytest.fixture(scope="session")
def browsers(playwright: Playwright) -> Iterator[SharedBrowsers]:
    """The browsers that the commands of a worker's tests share."""
    shared = SharedBrowsers(playwright)
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def real_downloads_folder() -> Path:
    """The folder of Playwright's browsers of the user who runs the tests."""
    return downloads_folder()


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Begin each test with Python's own handlers, and give back those of before.

    A command run in this process replaces them; a shell that starts the tests in the background ignores Ctrl-C.
    """
    usual = {signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, usual.get(number, signal.SIG_DFL)) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk in this process: no test cuts the power. Tests of what is synced set it themselves."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, real_downloads_folder: Path
) -> Path:
    """An empty home folder; no test sees or touches the user's own files, settings, proxies or language."""
    folder = tmp_path_factory.mktemp("home")
    for name, inside in HOMES.items():
        monkeypatch.setenv(name, str(folder / inside))
    for name in [name for name in os.environ if name.startswith(("AURION_", "XDG_DOWNLOAD"))]:
        monkeypatch.delenv(name)
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name in VARIABLES]:
        monkeypatch.delenv(name)
    for name in LOCALES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(real_downloads_folder))
    return folder
