"""Windows and macOS: what differs there, run here with their values."""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from types import ModuleType

import psutil
import pytest
from platformdirs.macos import MacOS
from platformdirs.windows import Windows

from scraper.sinks.file import FileSink
from scraper.system import (
    file_access,
    files,
    find_browser,
    interruptions,
    os_errors,
    paths,
    platforms,
    processes,
    signals,
)
from scraper.system.files import open_private, write_private

LOCAL = r"C:\Users\zoé\AppData\Local"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program reads to know that it is on Windows."""
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.fixture
def reloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of signals as Python imports it where some do not exist."""
    for name in ("SIGTERM", "SIGHUP", "SIGALRM"):
        monkeypatch.delattr(signal, name)
    yield importlib.reload(signals)
    monkeypatch.undo()
    importlib.reload(signals)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        (paths.settings_file, rf"{LOCAL}\aurion-planning\settings.toml"),
        (paths.state_folder, rf"{LOCAL}\aurion-planning"),
        (paths.cache_folder, rf"{LOCAL}\aurion-planning\Cache"),
    ],
)
def test_folders_of_windows(folder: object, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and data are below %LOCALAPPDATA%, with the accents of the user's name."""
    monkeypatch.setenv("LOCALAPPDATA", LOCAL)
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda _: LOCAL)
    for name in ("user_config_path", "user_state_path", "user_cache_path"):
        monkeypatch.setattr(paths.platformdirs, name, lambda app, kind=name, **_: path_of(Windows, app, kind))
    assert callable(folder)
    assert PureWindowsPath(str(folder()).replace("/", "\\")) == PureWindowsPath(expected)


def path_of(system: type[Windows | MacOS], app: str, kind: str) -> Path:
    """The folder of that kind on another system."""
    return Path(getattr(system(app, appauthor=False), kind.replace("path", "dir")))


def test_folders_of_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in the user's library, unless variables name others."""
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    home = os.path.expanduser("~")  # noqa: PTH111 - as platformdirs does
    assert path_of(MacOS, paths.APP, "user_state_path") == Path(home, "Library/Application Support/aurion-planning")
    assert path_of(MacOS, paths.APP, "user_cache_path") == Path(home, "Library/Caches/aurion-planning")


@pytest.mark.parametrize(
    ("system", "variable", "place"),
    [
        ("win32", "PROGRAMFILES", "Chromium/Application/chrome.exe"),
        ("darwin", "HOME", "Applications/Chromium.app/Contents/MacOS/Chromium"),
    ],
)
def test_the_browsers_of_other_systems(
    system: str, variable: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Chromium comes first, then Chrome and Edge, which Playwright finds; there is always a screen."""
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA", "PLAYWRIGHT_BROWSERS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(sys, "platform", system)
    assert find_browser.find_browsers() == find_browser.CHANNELS
    chromium = executable(tmp_path / place)
    assert find_browser.find_browsers() == (chromium, *find_browser.CHANNELS)
    assert find_browser.has_screen()


def executable(path: Path) -> Path:
    """A file that can be executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


def test_playwright_downloads_are_looked_for_in_the_systems_own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Playwright itself puts them there."""
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    monkeypatch.setenv("LOCALAPPDATA", LOCAL)
    monkeypatch.setattr(sys, "platform", "win32")
    assert find_browser.downloads_folder() == Path(LOCAL) / "ms-playwright"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert find_browser.downloads_folder() == Path.home() / "Library" / "Caches" / "ms-playwright"


def test_a_private_file_without_fchmod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder's access control list decides there."""
    monkeypatch.delattr(os, "fchmod")
    with open(tmp_path / "a", "xb", opener=open_private) as file:
        file.write(b"whole")
    write_private(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.usefixtures("windows")
def test_permissions_are_not_judged_on_windows(tmp_path: Path) -> None:
    """The bits that Python shows there say nothing about other users."""
    tmp_path.chmod(0o777)
    files.private_folder(tmp_path)
    assert files.chmod_hint(tmp_path) == ""
    assert not files.is_mounted(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o777


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("refusals", [3, 10_000])
def test_a_file_that_another_program_holds_open(refusals: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virus scanner holds a file for moments: the rename is tried again, for a second; then the old file stays."""
    left = [refusals]
    slept: list[float] = []

    def refused(source: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "Access is denied", str(source), 32, str(target))
        return original(source, target)

    original = Path.replace
    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr(files.time, "sleep", slept.append)
    target = tmp_path / "state.json"
    target.write_bytes(b"old")
    if refusals == 3:
        write_private(target, b"new")
        assert (target.read_bytes(), len(slept)) == (b"new", 3)
    else:
        with pytest.raises(PermissionError) as caught:
            write_private(target, b"new")
        assert 0.5 < sum(slept) < 3
        assert os_errors.to_state_error(caught.value, str(target)).reason == "in-use"
        assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_elsewhere_a_refused_rename_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There it means that the folder is read-only."""
    monkeypatch.setattr(files.time, "sleep", lambda _: pytest.fail("it waited"))
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
    with pytest.raises(PermissionError):
        write_private(tmp_path / "a", b"new")


@pytest.mark.slow
@pytest.mark.usefixtures("windows")
def test_a_process_tree_ends_without_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all descendants, and at once: a console program without a window gets no signal there."""
    monkeypatch.delattr(os, "killpg")
    child = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    process = subprocess.Popen(
        [sys.executable, "-c", f"{child}print(flush=True); time.sleep(600)"], stdout=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    tree = processes.descendants(process.pid)
    assert len(tree) == 1
    processes.terminate(process)
    process.stdout.close()
    assert process.poll() is not None
    assert psutil.wait_procs(tree, timeout=20)[1] == []


def test_signals_that_do_not_exist(reloaded: ModuleType) -> None:
    """Ctrl-C is left, and it is deferred and answered as elsewhere."""
    assert reloaded.SIGNALS == (signal.SIGINT,)
    assert reloaded.ALARMS == ()
    with pytest.raises(KeyboardInterrupt), reloaded.signals_deferred():
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [
        ("ascii", ["schools"]), ("ascii", ["--help"]), ("ascii", ["exprot"]), ("ascii", ["help", "accounts"]),
        ("cp850", ["--help"]), ("cp1252", ["--help"]),
    ],
)  # fmt: skip
def test_a_console_without_utf_8(encoding: str, arguments: list[str], tmp_path: Path) -> None:
    """A character that the code page lacks becomes a question mark, never a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "scraper", *arguments], capture_output=True, check=False, timeout=60, cwd=tmp_path,
        env={"PATH": os.defpath, "HOME": str(tmp_path), "PYTHONIOENCODING": encoding, "LC_ALL": "fr_FR",
             "PYTHONPATH": str(Path(files.__file__).parents[2])},
    )  # fmt: skip
    shown = (done.stdout + done.stderr).decode(encoding, errors="replace")
    assert done.returncode == (2 if arguments == ["exprot"] else 0)
    assert "Traceback" not in shown
    if encoding != "ascii" and arguments == ["--help"]:
        assert "é" in shown


AS_ON_WINDOWS = """
import importlib, os, pkgutil, signal, sys

def load():
    import scraper
    for module in pkgutil.walk_packages(scraper.__path__, "scraper."):
        if not module.name.endswith(("__main__", ".migrations.env")):  # alembic runs the second one itself
            importlib.import_module(module.name)

load()  # with all libraries, which have their own code for each system
for name in [name for name in sys.modules if name.partition(".")[0] == "scraper"]:
    del sys.modules[name]
for name in ("fcntl", "pwd", "grp", "termios", "resource", "pty"):
    sys.modules[name] = None
sys.modules["winreg"] = type(sys)("winreg")
for name in "fchmod fchown geteuid getuid getgid killpg O_PATH O_DIRECTORY O_NOFOLLOW O_CLOEXEC".split():
    delattr(os, name)
for name in ("SIGHUP", "SIGALRM", "SIGKILL", "ITIMER_REAL", "setitimer"):
    delattr(signal, name)
sys.platform = "win32"
load()
"""


@pytest.mark.slow
def test_every_module_can_be_imported_on_windows() -> None:
    """None needs a module, a function or a signal that Windows lacks before it is asked to do something there."""
    done = subprocess.run(
        [sys.executable, "-c", AS_ON_WINDOWS], capture_output=True, text=True, check=False, timeout=100
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("system", "agent"),
    [("win32", "Windows NT 10.0"), ("darwin", "Mac OS X"), ("linux", "Linux x86_64"), ("freebsd14", "Linux x86_64")],
)
def test_what_follows_from_the_system(system: str, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly one is true of each, and an unknown one appears to portals as Linux."""
    monkeypatch.setattr(sys, "platform", system)
    assert [platforms.is_windows(), platforms.is_macos(), platforms.is_linux()] == [
        system == one for one in ("win32", "darwin", "linux")
    ]
    assert agent in platforms.user_agent_system()


def test_a_calendar_is_replaced_where_files_have_no_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has neither owners nor sticky folders, and no folder that can be synced."""
    for name in ("fchown", "fchmod", "geteuid", "fstatvfs"):
        monkeypatch.delattr(os, name)
    path = tmp_path / "planning.ics"
    path.write_bytes(b"old")
    tmp_path.chmod(0o1777)
    sink = FileSink(path=path, kind=None)
    sink.check()
    assert sink.deliver(b"new")
    assert path.read_bytes() == b"new"
    with path.open("wb") as stream:
        assert file_access.why_unwritable(stream.fileno()) == ""


def test_the_end_without_signals_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to answer then; Ctrl-C still ends the program."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(interruptions, "TERMINATION", None)
    monkeypatch.setattr(interruptions, "HANGUP", None)
    interruptions.answer_termination(lambda: None)
    interruptions.answer_hangup(lambda: None)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.usefixtures("windows")
def test_a_silent_process_gets_no_console_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows flags do what a session does elsewhere."""
    started: list[dict[str, object]] = []
    monkeypatch.setattr(processes, "DETACHED", 0x08000200)
    monkeypatch.setattr(processes.subprocess, "Popen", lambda *_, **options: started.append(options))
    processes.start_silent_process(("python", "-m", "webbrowser"), {"PATH": "C:\\Windows"})
    processes.start_process(("python",), {"PATH": "C:\\Windows"})
    assert [one["creationflags"] for one in started] == [0x08000200, 0x08000200]
    assert started[0]["env"] == {"PATH": "C:\\Windows"}
