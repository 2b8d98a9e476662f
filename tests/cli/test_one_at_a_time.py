"""One run of an account at a time."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from scraper.demo import LOGIN, Demo
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs
from tests.cli.conftest import Run
from tests.commands import run_here


@pytest.fixture
def runs() -> Runs:
    """Return the runs of an account at a portal that never responds."""
    with socket.create_server(("127.0.0.1", 0)) as portal:
        settings_file().parent.mkdir(parents=True)
        settings_file().write_text(
            f'[accounts.moi]\nurl = "http://127.0.0.1:{portal.getsockname()[1]}"\nlogin = "x"\n', encoding="utf-8"
        )
        yield Runs(state_folder(), "moi")


@contextmanager
def running(home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process of its own until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scraper", *arguments], env={**os.environ, "AURION_PASSWORD": "y"}, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=home,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.browser
@pytest.mark.skipif(sys.platform == "win32", reason="there is no signal to another process")
def test_second_export_of_an_account_is_refused(home: Path, runs: Runs) -> None:
    """A second `export` or `publish` is refused and not recorded; the first is recorded as interrupted."""
    with running(home, "export", "moi") as first:
        until = monotonic() + 30
        while runs.started_at() is None and monotonic() < until:
            sleep(0.02)
        assert runs.is_running()
        for arguments in (("export", "moi", "--json"), ("publish", "moi", "--json")):
            second = run_here(*arguments, cwd=home, AURION_PASSWORD="y")
            assert (second.returncode, json.loads(second.stdout)["error"]) == (8, "AnotherRun")
        assert (runs.all(), runs.is_running()) == ((), True)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=60)
        assert first.returncode == 130
    assert ([run.exit_code for run in runs.all()], runs.started_at(), runs.is_running()) == ([130], None, False)


def test_export_by_options_does_not_wait_for_the_lock(demo: Demo, aurion: Run) -> None:
    """Runs by options may overlap, because two portals may have the same login."""
    with Runs(state_folder(), LOGIN).lock():
        one = aurion("export", "--url", demo.url, "--login", LOGIN, "--json", AURION_PASSWORD="y")
    assert json.loads(one.stdout)["error"] == "WrongCredentials"
    assert [run.exit_code for run in Runs(state_folder(), LOGIN).all()] == [3]


def test_is_running_leaves_no_file(runs: Runs) -> None:
    """`is_running` creates no file."""
    Runs(runs.state, "anna").delete()
    runs.state.mkdir(parents=True)
    (runs.state / "runs").mkdir()
    assert not runs.is_running()
    assert list((runs.state / "runs").iterdir()) == []
