"""What every test stands on: a Chromium that is here, and a home of its own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from scraper.network.authorities import VARIABLES
from scraper.portal.chromium import downloads_folder, find_browser, runs_as_root

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
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
LOCALES = ("LC_ALL", "LC_MESSAGES", "LANGUAGE")


def pytest_configure() -> None:
    """Choose how hard hypothesis tries: `house` tries the same each time, `wide` (HYPOTHESIS_PROFILE) what is new."""
    settings.register_profile("house", deadline=None, max_examples=50, derandomize=True)
    settings.register_profile("wide", deadline=None, max_examples=200, print_blob=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_in_use: Path) -> dict[str, Any]:
    """What pytest-playwright starts: the Chromium that the program itself would use."""
    return {
        **browser_type_launch_args,
        "executable_path": browser_in_use,
        "chromium_sandbox": not runs_as_root(),
    }


@pytest.fixture(scope="session")
def browser_in_use() -> Path:
    """The browser of the tests: the one found, or the one that TESTED_BROWSER names."""
    given = os.environ.get("TESTED_BROWSER")
    return find_browser(Path(given) if given else None)


@pytest.fixture(scope="session")
def real_downloads_folder() -> Path:
    """Where Playwright's browsers are for the user who runs the tests."""
    return downloads_folder()


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Give back the handlers that a command run in this process replaces; no test depends on the one before it."""
    names = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {name: signal.getsignal(name) for name in names}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


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
