"""Windows and macOS: their differences, tried here with their values."""

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from types import ModuleType

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
from tests.cases import for_each

RENAME = Path.replace
LOCAL = r"C:\Users\zoé\AppData\Local"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that the program takes for Windows."""
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.fixture
def reloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of signals as it is where some signals do not exist."""
    for name in ("SIGTERM", "SIGHUP", "SIGALRM"):
        monkeypatch.delattr(signal, name)
    yield importlib.reload(signals)
    monkeypatch.undo()
    importlib.reload(signals)


@for_each(
    ("folder", "expected"),
    [
        (paths.settings_file, rf"{LOCAL}\aurion-planning\settings.toml"),
        (paths.state_folder, rf"{LOCAL}\aurion-planning"),
        (paths.cache_folder, rf"{LOCAL}\aurion-planning\Cache"),
    ],
)
def test_folders_of_windows_are_below_localappdata(
    folder: object, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's name may have accents."""
    monkeypatch.setenv("LOCALAPPDATA", LOCAL)
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda _: LOCAL)
    for name in ("user_config_path", "user_state_path", "user_cache_path"):
        monkeypatch.setattr(paths.platformdirs, name, lambda app, kind=name, **_: path_of(Windows, app, kind))
    assert callable(folder)
    assert PureWindowsPath(str(folder()).replace("/", "\\")) == PureWindowsPath(expected)


def path_of(system: type[Windows | MacOS], app: str, kind: str) -> Path:
    """Return the folder of that kind on another system."""
    return Path(getattr(system(app, appauthor=False), kind.replace("path", "dir")))


def test_folders_of_macos_are_in_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables can name other ones."""
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    home = os.path.expanduser("~")  # noqa: PTH111 - as platformdirs does
    assert path_of(MacOS, paths.APP, "user_state_path") == Path(home, "Library/Application Support/aurion-planning")
    assert path_of(MacOS, paths.APP, "user_cache_path") == Path(home, "Library/Caches/aurion-planning")


@for_each(
    ("system", "variable", "place"),
    [
        ("win32", "PROGRAMFILES", "Chromium/Application/chrome.exe"),
        ("darwin", "HOME", "Applications/Chromium.app/Contents/MacOS/Chromium"),
    ],
)
def test_browsers_of_other_systems_are_found(
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


def test_downloads_of_playwright_are_in_the_cache_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright itself puts them there."""
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    monkeypatch.setenv("LOCALAPPDATA", LOCAL)
    monkeypatch.setattr(sys, "platform", "win32")
    assert find_browser.downloads_folder() == Path(LOCAL) / "ms-playwright"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert find_browser.downloads_folder() == Path.home() / "Library" / "Caches" / "ms-playwright"


def test_private_file_is_written_without_fchmod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The access control list of the folder decides there."""
    monkeypatch.delattr(os, "fchmod")
    with open(tmp_path / "a", "xb", opener=open_private) as file:
        file.write(b"whole")
    write_private(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.usefixtures("windows")
def test_permissions_are_ignored_on_windows(tmp_path: Path) -> None:
    """The mode that Python reports says nothing about other users."""
    tmp_path.chmod(0o777)
    files.private_folder(tmp_path)
    assert files.chmod_hint(tmp_path) == ""
    assert not files.is_mounted(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o777


@pytest.mark.usefixtures("windows")
@for_each("refusals", [3, 10_000])
def test_rename_of_an_open_file_is_tried_again(refusals: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A virus scanner opens files for moments; after a second the old file stays."""
    tmp_path = tmp_path / f"{refusals}"
    tmp_path.mkdir()
    left = [refusals]
    slept: list[float] = []

    def refused(source: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "Access is denied", str(source), 32, str(target))
        return RENAME(source, target)

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


def test_refused_rename_is_not_tried_again_on_other_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is read-only there."""
    monkeypatch.setattr(files.time, "sleep", lambda _: pytest.fail("it waited"))
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "no")))
    with pytest.raises(PermissionError):
        write_private(tmp_path / "a", b"new")


@pytest.mark.slow
@pytest.mark.usefixtures("windows")
def test_process_tree_ends_without_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """All descendants end at once: a console program without a window gets no signal on Windows."""
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
    for _ in range(1000):
        if not (left := [one for one in tree if processes.is_alive(one)]):
            break
        time.sleep(0.02)
    assert left == []


def test_missing_signals_are_left_out(reloaded: ModuleType) -> None:
    """Ctrl-C remains, and is deferred and answered as elsewhere."""
    assert reloaded.SIGNALS == (signal.SIGINT,)
    assert reloaded.ALARMS == ()
    with pytest.raises(KeyboardInterrupt), reloaded.signals_deferred():
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [
        ("ascii", ["schools"]), ("ascii", ["exprot"]), ("ascii", ["help", "accounts"]), ("cp850", ["--help"]),
    ],
)  # fmt: skip
def test_console_without_utf_8_shows_question_marks(encoding: str, arguments: list[str], tmp_path: Path) -> None:
    """A character that the code page lacks raises no error."""
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
    """No module needs a module, function or signal at its import that Windows lacks."""
    done = subprocess.run(
        [sys.executable, "-c", AS_ON_WINDOWS], capture_output=True, text=True, check=False, timeout=100
    )
    assert (done.returncode, done.stderr) == (0, "")


@for_each(
    ("system", "agent"),
    [("win32", "Windows NT 10.0"), ("darwin", "Mac OS X"), ("linux", "Linux x86_64"), ("freebsd14", "Linux x86_64")],
)
def test_system_is_recognized(system: str, agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown one appears to portals as Linux."""
    monkeypatch.setattr(sys, "platform", system)
    assert [platforms.is_windows(), platforms.is_macos(), platforms.is_linux()] == [
        system == one for one in ("win32", "darwin", "linux")
    ]
    assert agent in platforms.user_agent_system()


def test_calendar_is_replaced_where_files_have_no_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_missing_termination_signals_are_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C still ends the program."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(interruptions, "TERMINATION", None)
    monkeypatch.setattr(interruptions, "HANGUP", None)
    interruptions.answer_termination(lambda: None)
    interruptions.answer_hangup(lambda: None)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.usefixtures("windows")
def test_silent_process_gets_no_console_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows flags do what a session does elsewhere."""
    started: list[dict[str, object]] = []
    monkeypatch.setattr(processes, "DETACHED", 0x08000200)
    monkeypatch.setattr(processes.subprocess, "Popen", lambda *_, **options: started.append(options))
    processes.start_silent_process(("python", "-m", "webbrowser"), {"PATH": "C:\\Windows"})
    processes.start_process(("python",), {"PATH": "C:\\Windows"})
    assert [one["creationflags"] for one in started] == [0x08000200, 0x08000200]
    assert started[0]["env"] == {"PATH": "C:\\Windows"}
