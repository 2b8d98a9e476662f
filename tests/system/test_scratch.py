"""The scratch folder of the browser's driver: it exists during a run, and is deleted also after a killed one."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from scraper.system import scratch
from scraper.system.scratch import PREFIX, scratch_folder
from tests.paths import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a signal ends nothing there")

SCRIPT = """
import sys
from scraper.system.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "profile").mkdir()
    print(folder, flush=True)
    sys.stdin.readline()
"""
WRITING = "import pathlib, sys, time\nwhile True: pathlib.Path(sys.argv[1], 'profile').mkdir(exist_ok=True)"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder with a short path."""
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as name:
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield Path(name)


def test_scratch_folder_is_private_and_deleted(place: Path) -> None:
    """Delete its content, too, whatever the umask, and no other folder."""
    (place / "other").mkdir()
    made = scratch_folder()
    before = os.umask(0o777)
    try:
        folder = made.__enter__()
    finally:
        os.umask(before)
    assert folder is not None
    assert (folder.parent, folder.stat().st_mode & 0o777) == (place, 0o700)
    (folder / "profile").mkdir()
    made.__exit__(None, None, None)
    assert [path.name for path in place.iterdir()] == ["other"]


def test_scratch_folder_of_a_killed_run_is_deleted(place: Path) -> None:
    """One in use stays: the lock distinguishes them, not their age."""
    runs = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    killed, living = (Path(run.stdout.readline().decode().strip()) for run in runs if run.stdout)
    runs[0].kill()
    runs[0].communicate()
    with scratch_folder() as own:
        assert {*place.glob(f"{PREFIX}*")} == {own, living}
        assert (living / "profile").is_dir()
    assert not killed.exists()
    runs[1].communicate(b"\n", timeout=60)
    assert [*place.iterdir()] == []


def test_signal_is_answered_after_the_deletion(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second Ctrl-C may come during it."""

    def remove(folder: Path, **_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        rmtree(folder)

    monkeypatch.setattr(scratch, "rmtree", remove)
    made = scratch_folder()
    (made.__enter__() or place).joinpath("profile").mkdir()
    with pytest.raises(KeyboardInterrupt):
        made.__exit__(None, None, None)
    assert [*place.iterdir()] == []


def test_process_that_uses_the_scratch_folder_is_ended(place: Path) -> None:
    """A browser that outlives its driver leaves no folder."""
    with scratch_folder() as folder:
        environment = {**os.environ, "TMPDIR": str(folder)}
        left = subprocess.Popen([sys.executable, "-c", WRITING, str(folder)], env=environment)
        while not (folder or place).joinpath("profile").exists():
            assert left.poll() is None
    assert left.wait(60) == -signal.SIGKILL
    assert [*place.iterdir()] == []


def test_short_path_is_used_for_chromium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use no folder where only long paths exist, into which the socket does not fit."""
    long = tmp_path / ("x" * 40)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as short:
        monkeypatch.setattr(scratch, "SHORT", Path(short))
        with scratch_folder() as folder:
            assert folder is not None
            assert folder.parent == Path(short)
    with scratch_folder() as folder:
        assert folder is None
