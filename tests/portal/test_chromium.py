"""Which Chromium is used, and how one is got: with stand-ins for the browsers, Playwright and apt-get."""

import sys
from pathlib import Path

import pytest

from scraper.errors import BrowserMissing
from scraper.portal import chromium
from scraper.portal.chromium import downloads_folder, find_browser, get_browser

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins are shell scripts")

SHELL = "#!/bin/sh\n"


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it, and no browser of Playwright's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    return folder


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands in for `python -m playwright install …`; a test writes what it does."""
    script = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(script))
    return script


def put(file: Path, text: str = SHELL) -> Path:
    """Write something that can be executed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def download(folder: Path, name: str, inside: str, text: str = SHELL) -> Path:
    """Put a browser as Playwright leaves it."""
    browser = put(folder / name / inside, text)
    (folder / name / "INSTALLATION_COMPLETE").touch()
    return browser


def test_the_one_given_is_used_whatever_else_is_there(path: Path, tmp_path: Path) -> None:
    """--browser PATH comes before every other browser."""
    put(path / "chromium")
    given = put(tmp_path / "my browser")
    assert find_browser(given) == given


@pytest.mark.parametrize("kind", ["absent", "folder", "text", "nul"])
def test_a_path_that_cannot_be_executed_is_refused(kind: str, tmp_path: Path) -> None:
    """--browser PATH is an executable file, or an error that says which path."""
    given = tmp_path / "browser"
    if kind == "folder":
        given.mkdir()
    if kind == "text":
        given.write_text("no program")
    if kind == "nul":
        given = tmp_path / "bro\0wser"
    with pytest.raises(BrowserMissing) as caught:
        find_browser(given)
    assert (caught.value.reason, caught.value.facts) == ("not-a-browser", {"path": str(given)})


def test_a_tilde_is_the_home(home: Path) -> None:
    """A settings file may say ~/browser."""
    browser = put(home / "browser")
    assert find_browser(Path("~/browser")) == browser


def test_chromium_comes_before_chrome_before_edge(path: Path) -> None:
    """The system's browsers have an order, whatever the folder's."""
    edge = put(path / "microsoft-edge")
    assert find_browser() == edge
    chrome = put(path / "google-chrome-stable")
    assert find_browser() == chrome
    free = put(path / "chromium")
    assert find_browser() == free


def test_the_system_comes_before_a_download(path: Path, tmp_path: Path) -> None:
    """A browser that the system keeps up to date is preferred."""
    downloaded = download(tmp_path / "browsers", "chromium-1200", "chrome-linux64/chrome")
    assert find_browser() == downloaded
    put(path / "firefox")
    assert find_browser() == downloaded
    chrome = put(path / "google-chrome")
    assert find_browser() == chrome


def test_snaps_are_passed_over(path: Path, tmp_path: Path) -> None:
    """A snap cannot see the profile made for it: neither the link nor the script that starts one is used."""
    snap = put(tmp_path / "usr" / "snap")
    (path / "chromium").symlink_to(snap)
    put(path / "chromium-browser", f"{SHELL}exec /snap/bin/chromium\n")
    assert find_browser() is None
    chrome = put(path / "google-chrome")
    assert find_browser() == chrome


def test_the_newest_complete_download_is_used(tmp_path: Path) -> None:
    """Revisions are numbers; the shell without a window comes last, an unfinished download never."""
    folder = tmp_path / "browsers"
    shell = download(folder, "chromium_headless_shell-1300", "chrome-headless-shell-linux64/chrome-headless-shell")
    assert find_browser() == shell
    download(folder, "chromium-999", "chrome-linux/chrome")
    newest = download(folder, "chromium-1200", "chrome-linux64/chrome")
    put(folder / "chromium-1250" / "chrome-linux64" / "chrome")
    assert find_browser() == newest


def test_the_download_of_a_mac_is_found(tmp_path: Path) -> None:
    """On macOS the browser lies in an application's bundle, its name has blanks."""
    inside = "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing"
    assert find_browser() is None
    browser = download(tmp_path / "browsers", "chromium-1200", inside)
    assert find_browser() == browser


def test_downloads_are_where_playwright_keeps_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLAYWRIGHT_BROWSERS_PATH decides; `0` means inside the package; else it is the user's cache."""
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", "0")
    assert downloads_folder().parts[-4:] == ("playwright", "driver", "package", ".local-browsers")
    assert downloads_folder().parent.is_dir()
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH")
    assert downloads_folder() == home / ".cache" / "ms-playwright"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert downloads_folder() == home / ".cache" / "ms-playwright"


def test_a_browser_that_is_there_is_not_got_again(path: Path, python: Path) -> None:
    """Nothing is run or said where a browser is found."""
    put(python, f"{SHELL}touch {python}.ran\n")
    chrome = put(path / "chromium")
    said: list[str] = []
    assert get_browser(said.append) == chrome
    assert said == []
    assert not Path(f"{python}.ran").exists()


def test_playwright_downloads_one(python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, Playwright's own command gets one; no password travels with it."""
    browser = tmp_path / "browsers" / "chromium-1" / "chrome-linux64" / "chrome"
    put(
        python,
        f"""{SHELL}PATH=/bin:/usr/bin
echo "$@" > {tmp_path}/arguments; env > {tmp_path}/environment
mkdir -p {browser.parent}; printf '#!/bin/sh\n' > {browser}; chmod +x {browser}
touch {browser.parents[1]}/INSTALLATION_COMPLETE
""",
    )
    monkeypatch.setenv("AURION_PASSWORD", "canary")
    said: list[str] = []
    assert get_browser(said.append) == browser
    assert said == ["browser.downloading"]
    assert (tmp_path / "arguments").read_text() == "-m playwright install --no-shell chromium\n"
    assert "canary" not in (tmp_path / "environment").read_text()


def test_a_download_that_fails_says_why(python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error keeps the line that tells, without the stack below it or the proxy's password."""
    monkeypatch.setattr(chromium, "runs_as_root", lambda: False)
    put(
        python,
        f"{SHELL}"
        "echo bla\necho 'Error: no way to http://me:canary@proxy.test/x'\n"
        "echo 'Error: gave up'\necho '   at f (g.js:1)'\nexit 1\n",
    )
    with pytest.raises(BrowserMissing) as caught:
        get_browser(lambda _: None)
    assert caught.value.reason == "none"
    assert caught.value.facts == {"said": "Error: no way to http://proxy.test/x"}


@pytest.mark.parametrize("script", [f"{SHELL}exec /bin/sleep 60\n", None])
def test_a_download_that_hangs_or_cannot_start_ends(
    script: str | None, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Getting a browser is bounded in time and never raises anything but BrowserMissing."""
    monkeypatch.setattr(chromium, "runs_as_root", lambda: False)
    monkeypatch.setattr(chromium, "DOWNLOAD_SECONDS", 0.2)
    if script:
        put(python, script)
    with pytest.raises(BrowserMissing) as caught:
        get_browser(lambda _: None)
    assert caught.value.reason == "none"
    assert str(caught.value.facts["said"]).startswith("python: ")


def test_a_download_that_does_not_start_is_told_apart(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser downloaded to a system without its libraries is no browser; the loader's line says so."""
    monkeypatch.setattr(chromium, "runs_as_root", lambda: False)
    waiting = download(
        tmp_path / "waiting",
        "chromium-1",
        "chrome-linux64/chrome",
        f"{SHELL}echo libnss3.so is missing\nexit 127\n",
    )
    put(python, f"{SHELL}/bin/mv {waiting.parents[2]} {tmp_path}/browsers\n")
    with pytest.raises(BrowserMissing) as caught:
        get_browser(lambda _: None)
    assert (caught.value.reason, caught.value.facts) == ("libraries", {"said": "libnss3.so is missing"})


def test_root_gets_the_package_where_the_download_fails(
    path: Path, python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root on a Debian gets the system's chromium, even where one of its sources does not answer."""
    monkeypatch.setattr(chromium, "runs_as_root", lambda: True)
    put(python, f"{SHELL}exit 1\n")
    waiting = put(tmp_path / "chromium")
    put(
        path / "apt-get",
        f'{SHELL}echo "$@" >> {tmp_path}/asked\ncase "$*" in *update*) exit 100;; esac\n/bin/mv {waiting} {path}\n',
    )
    said: list[str] = []
    assert get_browser(said.append) == path / "chromium"
    assert said == ["browser.downloading", "browser.packages"]
    assert (tmp_path / "asked").read_text() == "-q update\n-q -y install chromium\n"


def test_only_root_installs_packages(path: Path, python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else's apt-get is tried."""
    monkeypatch.setattr(chromium, "runs_as_root", lambda: False)
    put(python, f"{SHELL}exit 1\n")
    put(path / "apt-get", f"{SHELL}/bin/touch {path}/asked\n")
    with pytest.raises(BrowserMissing):
        get_browser(lambda _: None)
    assert not (path / "asked").exists()
