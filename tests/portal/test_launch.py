"""How a browser starts: its sandbox, and what is shown where it does not start or is ended; each in a real process."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest
from playwright.sync_api import Error, Playwright

from scraper.demo import LOGIN, PASSWORD
from scraper.errors import BrowserMissing
from scraper.portal import launch
from scraper.portal.browser import Chromium, process_number
from scraper.system.platforms import runs_as_root
from scraper.system.processes import arguments_of
from tests.commands import Done, RunHere, SharedBrowsers

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts"),
]

ENDED = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from scraper.errors import AurionError
from scraper.portal.browser import Chromium, process_number
from scraper.portal.driver import started_driver
from scraper.portal.tab import new_tab
from scraper.system.processes import descendants
from scraper.i18n import Catalogue
who, path = sys.argv[1:]
with started_driver() as driver, closing(Chromium(driver=driver, path=Path(path))) as chromium:
    try:
        with chromium.context("Europe/Paris") as context:
            tab = new_tab(context, "127.0.0.1", 30)
            tab.page.goto("about:blank")
            if who == "page":
                try:
                    tab.page.goto("chrome://crash", timeout=10_000)
                except Exception:
                    pass
            if who == "browser":
                os.kill(process_number(chromium.start()), signal.SIGKILL)
            if who == "driver":
                browser = process_number(chromium.start())
                parents = {process.pid: process.ppid() for process in descendants(os.getpid())}
                pid = browser
                while parents.get(pid, os.getpid()) != os.getpid():
                    pid = parents[pid]
                os.kill(pid, signal.SIGKILL)
            tab.look(lambda page: False)
    except AurionError as error:
        print(type(error).__name__, error.reason, error.exit_code)
        print(*Catalogue("en").error(error))
"""


def run(code: str, *given: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run some Python that starts a browser."""
    return subprocess.run(
        [sys.executable, "-c", code, *given], cwd=home, capture_output=True, text=True, timeout=100, check=False
    )


EXPORT = ("export", "--url", "http://127.0.0.1:9", "--login", LOGIN, "--quiet", "--browser")
VARIABLES = {"LANG": "en_GB.UTF-8", "AURION_PASSWORD": PASSWORD}


@pytest.fixture
def command(home: Path, own_browsers: SharedBrowsers) -> RunHere:
    """Run `aurion export` with a browser, as a person without a terminal does."""

    def run(browser: str, **variables: str) -> Done:
        return own_browsers.run(*EXPORT, browser, cwd=home, **{**VARIABLES, **variables})

    return run


def in_own_process(home: Path, browser: str, **variables: str) -> Done:
    """Run the same with a driver of its own: for what the driver does not survive."""
    return subprocess.run(
        [sys.executable, "-m", "scraper", *EXPORT, browser], env={**os.environ, **VARIABLES, **variables}, cwd=home,
        capture_output=True, text=True, timeout=110, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def put(file: Path, text: str) -> Path:
    """Write a stand-in for a browser."""
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def without(home: Path, browser_in_use: Path) -> Path:
    """The browser by a script that notes its arguments, and takes away the sandbox that this user may not have."""
    return put(home / "noting", f'echo "$*" > {home}/noted; exec {browser_in_use} "$@" --no-sandbox')


@pytest.mark.parametrize(
    ("user", "setting", "is_off"), [(1000, "on", False), (1000, "off", True), (0, "on", True), (0, "off", True)]
)
def test_the_sandbox_is_on_but_for_root(
    playwright: Playwright, monkeypatch: pytest.MonkeyPatch, home: Path, without: Path,
    *, user: int, setting: str, is_off: bool,
) -> None:  # fmt: skip
    """What the process gets: Chromium has no sandbox for root; anyone else keeps it unless a setting says so."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with closing(Chromium(driver=playwright, path=without, sandbox=setting == "on")) as chromium:
        shown = arguments_of(process_number(chromium.start()))
    assert ("--no-sandbox" in (home / "noted").read_text().split()) is is_off
    assert "--no-sandbox" in shown, "the system shows what the script added"


def test_the_variable_switches_the_sandbox_off(command: RunHere, home: Path) -> None:
    """AURION_SANDBOX=false reaches the browser's process, by the whole command."""
    noting = put(home / "noting", f'echo "$*" > {home}/noted; exit 1')
    for value, is_off in (("false", True), ("true", runs_as_root())):
        command(str(noting), AURION_SANDBOX=value)
        assert ("--no-sandbox" in (home / "noted").read_text().split()) is is_off


@pytest.mark.parametrize(
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
def test_the_browsers_own_words_are_shown(
    command: RunHere, monkeypatch: pytest.MonkeyPatch, script: str, detail: str, home: Path
) -> None:
    """Exit 2, one sentence with the cause and one next step, nothing of Playwright, no escape sequence."""
    monkeypatch.setattr(launch, "PATIENCE", (2, 58))
    assert_one_sentence(command(str(put(home / "fake", script))), detail)


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("echo rubbish >&4; sleep 1", "code 0"),
        ("printf 'rubbish\\0' >&4; sleep 5", "without an error message"),
    ],
)
def test_a_browser_that_speaks_another_protocol_is_reported(script: str, detail: str, home: Path) -> None:
    """The driver ends with it; nothing of that is shown."""
    assert_one_sentence(in_own_process(home, str(put(home / "fake", script))), detail)


def assert_one_sentence(done: Done, detail: str) -> None:
    """The command ended with the cause and one next step."""
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 2, done.stderr
    assert detail in lines[0]
    assert not [word for word in ("BrowserType", "Target page", "\x1b", "Traceback") if word in done.stderr]


def test_a_relative_path_is_the_file_in_this_folder(command: RunHere, home: Path) -> None:
    """`--browser ./x` is started from here, whatever folder the driver works in."""
    put(home / "x", "echo the file in this folder >&2; exit 1")
    for given in ("./x", "x"):
        done = command(given)
        assert done.returncode == 2
        assert f"{home}/x" in done.stderr
        assert "the file in this folder" in done.stderr


def test_a_browser_that_hangs_is_given_up(playwright: Playwright, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Nothing was written, nothing answers: the sentence has the time that it was given."""
    monkeypatch.setattr(launch, "PATIENCE", (0.5, 1.5))
    chromium = Chromium(driver=playwright, path=put(home / "fake", "exec sleep 90"))
    with closing(chromium), pytest.raises(BrowserMissing) as caught:
        chromium.start()
    assert (caught.value.reason, caught.value.facts["seconds"]) == ("slow", 2)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("driver", "PortalUnavailable stopped 5"),
        ("browser", "PortalUnavailable stopped 5"),
        ("page", "PortalUnavailable crashed 5"),
    ],
)
def test_what_ends_in_a_run_without_window_is_no_closed_window(
    who: str, expected: str, home: Path, browser_in_use: Path
) -> None:
    """The driver, the browser or its page is killed: the sentence names neither a window nor a method."""
    done = run(ENDED, who, str(browser_in_use), home=home)
    assert (done.returncode, done.stderr) == (0, "")
    reason, sentence = done.stdout.splitlines()
    assert reason == expected
    assert not [word for word in ("window", "Page.", "Target", "closed") if word in sentence]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("libatomic.so.1: cannot open", ("driver-package", "driver-library")),
        ("libfoo.so.1: cannot open", ("driver-library",)),
    ],
)
def test_a_driver_that_lacks_a_library_names_it(written: str, expected: tuple[str, ...], home: Path) -> None:
    """The loader's line is interpreted, and is not shown without an explanation."""
    node = put(home / "node", f'echo "$0: error while loading shared libraries: {written}" >&2; exit 127')
    done = in_own_process(home, "/bin/true", PLAYWRIGHT_NODEJS_PATH=str(node))
    lines = done.stderr.strip().splitlines()
    assert (done.returncode, len(lines)) == (2, 2), done.stderr
    assert lines[0].startswith("Playwright")
    assert written.split(":", maxsplit=1)[0] in lines[0]
    assert ("apt-get" in lines[1]) is (expected[0] == "driver-package" and Path("/usr/bin/apt-get").exists())


def test_without_any_browser_none_was_found(own_browsers: SharedBrowsers, home: Path) -> None:
    """The sentence does not speak of an installation that was not tried."""
    none = {"PATH": str(home), "PLAYWRIGHT_BROWSERS_PATH": str(home)}
    done = own_browsers.run("demo", "--export", "--quiet", cwd=home, LANG="en_GB.UTF-8", **none)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "No Chromium, Chrome or Edge was found."


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Chromium distribution 'msedge' is not found at /opt/msedge", "none"),
        ("[pid=1][err] no display", "start"),
    ],
)
def test_a_channel_is_started_by_its_name(message: str, reason: str) -> None:
    """Playwright finds Chrome and Edge; one that is not installed is passed over, any other failure has a reason."""
    driver = Mock()
    driver.chromium.launch.side_effect = Error(message)
    with pytest.raises(BrowserMissing) as caught:
        launch.launch(driver, Path("msedge"), (), headless=True, sandbox=True)
    asked = driver.chromium.launch.call_args.kwargs
    assert (caught.value.reason, asked["channel"], asked["executable_path"]) == (reason, "msedge", None)


def test_a_run_passes_over_a_browser_that_does_not_start(
    own_browsers: SharedBrowsers, home: Path, browser_in_use: Path
) -> None:
    """The next one found is used; the words of the broken one are of no interest then."""
    folder = home / "bin"
    folder.mkdir()
    put(folder / "chromium-headless-shell", "echo broken >&2; exit 1")
    put(folder / "chromium", f'exec {browser_in_use} "$@"')
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    done = own_browsers.run("demo", "--export", "--quiet", cwd=home, PATH=path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (home / "planning.ics").exists()


def test_install_browser_leads_elsewhere_than_to_the_broken_one(
    own_browsers: SharedBrowsers, home: Path, browser_in_use: Path
) -> None:
    """Where the browser that a variable names does not start: exit 2, and the one that does."""
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
