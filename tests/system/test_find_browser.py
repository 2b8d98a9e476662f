"""The browser to use: found among stand-ins."""

import sys
from pathlib import Path

import pytest

from scraper.errors import BrowserMissing
from scraper.system.find_browser import CHANNELS, downloads_folder, find_browsers
from tests.cases import for_each

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins are shell scripts")

SHELL = "#!/bin/sh\n"


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without programs, and a folder without browsers of Playwright."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    return folder


def put(file: Path, text: str = SHELL) -> Path:
    """Write an executable file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def download(folder: Path, name: str, inside: str, text: str = SHELL) -> Path:
    """Create a browser in the form of Playwright's downloads."""
    browser = put(folder / name / inside, text)
    (folder / name / "INSTALLATION_COMPLETE").touch()
    return browser


def test_given_browser_is_used(path: Path, tmp_path: Path) -> None:
    """--browser PATH precedes every other browser."""
    put(path / "chromium")
    given = put(tmp_path / "my browser")
    assert find_browsers(given)[0] == given


@for_each(
    ("kind", "reason"),
    [("absent", "absent"), ("folder", "folder"), ("text", "not-executable"), ("nul", "absent")],
)
def test_path_that_is_not_executable_is_refused(kind: str, reason: str, tmp_path: Path) -> None:
    """The error has the path and the fault."""
    given = tmp_path / kind
    if kind == "folder":
        given.mkdir()
    if kind == "text":
        given.write_text("no program")
    if kind == "nul":
        given = tmp_path / "bro\0wser"
    with pytest.raises(BrowserMissing) as caught:
        find_browsers(given)[0]
    assert (caught.value.reason, caught.value.facts) == (reason, {"path": str(given)})


def test_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver starts browsers in another folder, where `./x` is another file."""
    browser = put(tmp_path / "folder" / "x")
    monkeypatch.chdir(browser.parent)
    assert find_browsers(Path("x"))[0] == browser
    assert find_browsers(Path("./x"))[0] == browser
    assert find_browsers(Path("../folder/x"))[0] == browser


def test_application_bundle_of_macos_is_its_program(tmp_path: Path) -> None:
    """The Finder shows the folder as one file."""
    inside = put(tmp_path / "Google Chrome.app" / "Contents" / "MacOS" / "Google Chrome")
    assert find_browsers(tmp_path / "Google Chrome.app")[0] == inside


def test_tilde_is_the_home(home: Path) -> None:
    """A settings file can contain ~/browser."""
    browser = put(home / "browser")
    assert find_browsers(Path("~/browser"))[0] == browser


def test_system_browsers_precede_a_download(path: Path, tmp_path: Path) -> None:
    """The order is Chromium, Chrome, Edge, download: the system keeps the first ones up to date."""
    assert find_browsers() == CHANNELS == (Path("chrome"), Path("msedge"))
    downloaded = download(tmp_path / "browsers", "chromium-1200", "chrome-linux64/chrome")
    put(path / "firefox")
    free = put(path / "chromium")
    assert find_browsers() == (free, *CHANNELS, downloaded)


def test_snaps_are_ignored(path: Path, tmp_path: Path) -> None:
    """A snap cannot see the profile; neither its link nor its script is used."""
    snap = put(tmp_path / "usr" / "snap")
    (path / "chromium").symlink_to(snap)
    put(path / "chromium-browser", f"{SHELL}exec /snap/bin/chromium\n")
    assert find_browsers() == CHANNELS


def test_newest_complete_download_is_used(tmp_path: Path) -> None:
    """Revisions are numbers; an incomplete download is ignored."""
    folder = tmp_path / "browsers"
    download(folder, "chromium-999", "chrome-linux/chrome")
    newest = download(folder, "chromium-1200", "chrome-linux64/chrome")
    put(folder / "chromium-1250" / "chrome-linux64" / "chrome")
    assert find_browsers()[len(CHANNELS)] == newest


def test_headless_shell_comes_first_without_a_window(path: Path, tmp_path: Path) -> None:
    """Where a window is needed, only complete browsers are tried."""
    whole = put(path / "chromium")
    inside = "chrome-headless-shell-linux64/chrome-headless-shell"
    downloaded = download(tmp_path / "browsers", "chromium_headless_shell-1300", inside)
    assert find_browsers() == (downloaded, whole, *CHANNELS)
    shell = put(path / "chromium-headless-shell")
    assert find_browsers() == (shell, downloaded, whole, *CHANNELS)
    assert find_browsers(windowed=True) == (whole, *CHANNELS)
    for given in (shell, downloaded):
        with pytest.raises(BrowserMissing) as caught:
            find_browsers(given, windowed=True)
        assert (caught.value.reason, caught.value.facts) == ("windowless", {"path": str(given)})


def test_browser_behind_another_of_its_name_is_found(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one may not start."""
    second = put(tmp_path / "usr" / "bin" / "chromium")
    monkeypatch.setenv("PATH", f"{path}:{second.parent}:")
    assert find_browsers() == (second, *CHANNELS)
    first = put(path / "chromium")
    assert find_browsers() == (first, second, *CHANNELS)


def test_download_of_macos_is_found(tmp_path: Path) -> None:
    """Find a bundle with spaces in its name."""
    inside = "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing"
    browser = download(tmp_path / "browsers", "chromium-1200", inside)
    assert find_browsers() == (*CHANNELS, browser)


def test_downloads_are_in_the_folder_of_playwright(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLAYWRIGHT_BROWSERS_PATH decides; `0` is a folder of the package; the default is the user's cache."""
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", "0")
    assert downloads_folder().parts[-4:] == ("playwright", "driver", "package", ".local-browsers")
    assert downloads_folder().parent.is_dir()
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH")
    assert downloads_folder() == home / ".cache" / "ms-playwright"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert downloads_folder() == home / ".cache" / "ms-playwright"
