"""The start of a browser: its sandbox, and the error where it does not start or is killed; in real processes."""

import os
import signal
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from unittest.mock import Mock

import pytest
from playwright.sync_api import BrowserContext, Error, Playwright

from scraper.demo import LOGIN, PASSWORD
from scraper.errors import BrowserMissing, PortalUnavailable
from scraper.i18n import Catalogue
from scraper.portal import launch
from scraper.portal.browser import Chromium, process_number
from scraper.portal.tab import new_tab
from scraper.system.platforms import runs_as_root
from scraper.system.processes import arguments_of
from tests.cases import for_each
from tests.commands import Done, RunHere, SharedBrowsers

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts"),
]

KILL_DRIVER = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from scraper.errors import AurionError
from scraper.portal.browser import Chromium, process_number
from scraper.portal.driver import started_driver
from scraper.portal.tab import new_tab
from scraper.system.processes import descendants
from scraper.i18n import Catalogue
with started_driver() as driver, closing(Chromium(driver=driver, path=Path(sys.argv[1]))) as chromium:
    try:
        with chromium.context("Europe/Paris") as context:
            tab = new_tab(context, "127.0.0.1", 30)
            tab.page.goto("about:blank")
            parents = {process.pid: process.ppid() for process in descendants(os.getpid())}
            pid = process_number(chromium.start())
            while parents.get(pid, os.getpid()) != os.getpid():
                pid = parents[pid]
            os.kill(pid, signal.SIGKILL)
            tab.look(lambda page: False)
    except AurionError as error:
        print(type(error).__name__, error.reason, error.exit_code)
        print(*Catalogue("en").error(error))
"""


EXPORT = ("export", "--url", "http://127.0.0.1:9", "--login", LOGIN, "--quiet", "--browser")
VARIABLES = {"LANG": "en_GB.UTF-8", "AURION_PASSWORD": PASSWORD}


@pytest.fixture
def command(home: Path, own_browsers: SharedBrowsers) -> RunHere:
    """Return a function that runs `aurion export` with that browser, without a terminal."""

    def run(browser: str, **variables: str) -> Done:
        return own_browsers.run(*EXPORT, browser, cwd=home, **{**VARIABLES, **variables})

    return run


def in_own_process(home: Path, browser: str, **variables: str) -> Done:
    """Run `aurion export` with a driver of its own, for errors that the driver does not survive."""
    return subprocess.run(
        [sys.executable, "-m", "scraper", *EXPORT, browser], env={**os.environ, **VARIABLES, **variables}, cwd=home,
        capture_output=True, text=True, timeout=110, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def put(file: Path, text: str) -> Path:
    """Write a shell script that replaces a browser."""
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def recording_browser(home: Path, browser_in_use: Path) -> Path:
    """Return a script that records its arguments, and starts the browser without the sandbox that root cannot have."""
    return put(home / "noting", f'echo "$*" > {home}/noted; exec {browser_in_use} "$@" --no-sandbox')


@for_each(("user", "setting", "is_off"), [(1000, "on", False), (1000, "off", True), (0, "on", True), (0, "off", True)])
def test_sandbox_is_on_except_for_root(
    playwright: Playwright, monkeypatch: pytest.MonkeyPatch, home: Path, recording_browser: Path,
    *, user: int, setting: str, is_off: bool,
) -> None:  # fmt: skip
    """Chromium has no sandbox for root; other users keep it unless the setting disables it."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with closing(Chromium(driver=playwright, path=recording_browser, sandbox=setting == "on")) as chromium:
        shown = arguments_of(process_number(chromium.start()))
    assert ("--no-sandbox" in (home / "noted").read_text().split()) is is_off
    assert "--no-sandbox" in shown, "the script added it"


def test_variable_disables_the_sandbox(command: RunHere, home: Path) -> None:
    """AURION_SANDBOX=false reaches the process of the browser."""
    noting = put(home / "noting", f'echo "$*" > {home}/noted; exit 1')
    for value, is_off in (("false", True), ("true", runs_as_root())):
        command(str(noting), AURION_SANDBOX=value)
        assert ("--no-sandbox" in (home / "noted").read_text().split()) is is_off


@for_each(
    ("script", "detail"),
    [
        ('echo "$0: error while loading shared libraries: libfoo.so.9: cannot open" >&2; exit 127', "libfoo.so.9"),
        ("echo '[1:1:1129/1.2:FATAL:zygote_host_impl_linux.cc(128)] No usable sandbox!' >&2; kill -TRAP $$", "sandbox"),
        ("echo DevTools remote debugging is disallowed by the system admin. >&2; exec sleep 90", "the system admin."),
        ("printf '\\033[31mNo licence\\033[0m' >&2; exit 4", "No licence"),
        ("exit 3", "code 3"),
        ("kill -SEGV $$", "SIGSEGV"),
    ],
)
def test_error_contains_the_message_of_the_browser(
    command: RunHere, monkeypatch: pytest.MonkeyPatch, script: str, detail: str, home: Path
) -> None:
    """Exit code 2, one sentence with the cause and one hint, without words of Playwright or escape sequences.

    An old calendar is unchanged.
    """
    monkeypatch.setattr(launch, "PATIENCE", (1, 59))
    (home / "old.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    fake = str(put(home / "fake", script))
    assert_one_sentence(command(fake, AURION_OUTPUT="old.ics"), detail)
    assert (home / "old.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("echo rubbish >&4; sleep 0.2", "code 0"),
        ("printf 'rubbish\\0' >&4; sleep 5", "without an error message"),
    ],
)
def test_browser_with_another_protocol_is_reported(script: str, detail: str, home: Path) -> None:
    """The driver ends with the browser, and its own output is not shown."""
    assert_one_sentence(in_own_process(home, str(put(home / "fake", script))), detail)


def assert_one_sentence(done: Done, detail: str) -> None:
    """The command ended with one sentence that contains the cause, and one hint."""
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, done.stderr
    assert detail in lines[0]
    assert not [word for word in ("BrowserType", "Target page", "\x1b", "Traceback") if word in done.stderr]


def test_relative_path_is_a_file_in_the_current_folder(command: RunHere, home: Path) -> None:
    """`--browser ./x` is a file in the current folder, not in the driver's."""
    put(home / "x", "echo the file in this folder >&2; exit 1")
    for given in ("./x", "x"):
        done = command(given)
        assert done.returncode == 2
        assert f"{home}/x" in done.stderr
        assert "the file in this folder" in done.stderr


def test_browser_that_hangs_is_given_up(playwright: Playwright, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """The error of a browser without output contains the time that it had."""
    monkeypatch.setattr(launch, "PATIENCE", (0.3, 0.7))
    chromium = Chromium(driver=playwright, path=put(home / "fake", "exec sleep 90"))
    with closing(chromium), pytest.raises(BrowserMissing) as caught:
        chromium.start()
    assert (caught.value.reason, caught.value.facts["seconds"]) == ("slow", 1)


def look_at_killed(killed: str, chromium: Chromium, context: BrowserContext) -> None:
    """Kill the browser or its page, then look at the page."""
    tab = new_tab(context, "127.0.0.1", 30)
    tab.page.goto("about:blank")
    if killed == "browser":
        os.kill(process_number(chromium.start()), signal.SIGKILL)
    else:
        with suppress(Error):
            tab.page.goto("chrome://crash", timeout=10_000)
    tab.look(lambda _: False)


@for_each(("killed", "reason"), [("browser", "stopped"), ("page", "crashed")])
def test_killed_browser_or_page_is_not_reported_as_a_closed_window(
    playwright: Playwright, browser_in_use: Path, killed: str, reason: str
) -> None:
    """A run without a window names neither a window nor a method of Playwright."""
    with (
        closing(Chromium(driver=playwright, path=browser_in_use)) as chromium,
        pytest.raises(PortalUnavailable) as raised,
        chromium.context("Europe/Paris") as context,
    ):
        look_at_killed(killed, chromium, context)
    assert (raised.value.reason, raised.value.exit_code) == (reason, 5)
    assert_names_no_window(" ".join(Catalogue("en").error(raised.value)))


def test_killed_driver_is_not_reported_as_a_closed_window(home: Path, browser_in_use: Path) -> None:
    """The error is the same as that of a killed browser."""
    done = subprocess.run(
        [sys.executable, "-c", KILL_DRIVER, str(browser_in_use)], cwd=home, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    error, sentence = done.stdout.splitlines()
    assert error == "PortalUnavailable stopped 5"
    assert_names_no_window(sentence)


def assert_names_no_window(sentence: str) -> None:
    """The sentence is about neither a window nor a method of Playwright."""
    assert not [word for word in ("window", "Page.", "Target", "closed") if word in sentence]


@for_each(
    ("written", "expected"),
    [
        ("libatomic.so.1: cannot open", ("driver-package", "driver-library")),
        ("libfoo.so.1: cannot open", ("driver-library",)),
    ],
)
def test_missing_library_of_the_driver_is_named(written: str, expected: tuple[str, ...], home: Path) -> None:
    """The line of the loader is explained, with a command where the package is known."""
    node = put(home / "node", f'echo "$0: error while loading shared libraries: {written}" >&2; exit 127')
    done = in_own_process(home, "/bin/true", PLAYWRIGHT_NODEJS_PATH=str(node))
    lines = done.stderr.strip().splitlines()
    assert (done.returncode, len(lines)) == (2, 2), done.stderr
    assert lines[0].startswith("Playwright")
    assert written.split(":", maxsplit=1)[0] in lines[0]
    assert ("apt-get" in lines[1]) is (expected[0] == "driver-package" and Path("/usr/bin/apt-get").exists())


def test_machine_without_a_browser_is_reported(own_browsers: SharedBrowsers, home: Path) -> None:
    """The error does not mention an installation that was not tried."""
    none = {"PATH": str(home), "PLAYWRIGHT_BROWSERS_PATH": str(home)}
    done = own_browsers.run("demo", "--export", "--quiet", cwd=home, LANG="en_GB.UTF-8", **none)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "No Chromium, Chrome or Edge was found."


@for_each(
    ("message", "reason"),
    [
        ("Chromium distribution 'msedge' is not found at /opt/msedge", "none"),
        ("[pid=1][err] no display", "start"),
    ],
)
def test_channel_is_started_by_its_name(message: str, reason: str) -> None:
    """Playwright finds Chrome and Edge; a channel that is not installed has another reason than one that fails."""
    driver = Mock()
    driver.chromium.launch.side_effect = Error(message)
    with pytest.raises(BrowserMissing) as caught:
        launch.launch(driver, Path("msedge"), (), headless=True, sandbox=True)
    asked = driver.chromium.launch.call_args.kwargs
    assert (caught.value.reason, asked["channel"], asked["executable_path"]) == (reason, "msedge", None)


def test_export_uses_the_next_browser_if_one_does_not_start(
    own_browsers: SharedBrowsers, home: Path, browser_in_use: Path
) -> None:
    """The next browser is used, and the message of the broken one is not shown."""
    folder = home / "bin"
    folder.mkdir()
    put(folder / "chromium-headless-shell", "echo broken >&2; exit 1")
    put(folder / "chromium", f'exec {browser_in_use} "$@"')
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = own_browsers.run("demo", "--export", "--quiet", cwd=home, PATH=path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (home / "planning.ics").exists()


def test_install_browser_names_another_browser_if_the_configured_one_is_broken(
    own_browsers: SharedBrowsers, home: Path, browser_in_use: Path
) -> None:
    """Where the configured browser does not start: exit code 2, and the path of a browser that does."""
    broken = put(home / "broken", "echo no licence >&2; exit 1")
    done = [
        own_browsers.run("install-browser", cwd=home, LANG="en_GB.UTF-8", **variables)
        for variables in ({}, {"AURION_BROWSER": str(broken)}, {"AURION_BROWSER": str(browser_in_use)})
    ]
    assert [one.returncode for one in done] == [0, 2, 0]
    found = done[0].stdout.removeprefix("Browser: ").strip()
    assert Path(found).is_file()
    sentence, step = done[1].stderr.strip().splitlines()
    assert f"{broken}, which does not start: no licence" in sentence
    assert found in step
    assert done[2].stdout == f"Browser: {browser_in_use}\n"
