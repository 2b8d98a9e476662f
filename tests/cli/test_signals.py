"""A run that a signal ends: its exit code, what is remembered of it, and nothing left in the temporary folder."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo
from scraper.system.paths import state_folder
from scraper.system.run_history import Runs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")


@pytest.mark.parametrize(
    "numbers", [(signal.SIGHUP,), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGTERM)]
)
def test_signals_leave_nothing(demo: Demo, home: Path, numbers: tuple[signal.Signals, ...]) -> None:
    """A closed terminal ends a run as Ctrl-C does, and a second signal hurries nothing past its cleaning up."""
    demo.control.latency = {"home": 3000}
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as place:
        process = subprocess.Popen(
            [sys.executable, "-m", "scraper", "export", "--url", demo.url, "--login", LOGIN, "--output", "new.ics"],
            env={**os.environ, "AURION_PASSWORD": PASSWORD, "TMPDIR": place}, cwd=home, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 60
        while not demo.log and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        assert [*Path(place).iterdir()]
        for number in numbers:
            os.killpg(process.pid, number)
            time.sleep(0.1)
        assert process.wait(timeout=60) == 130
        assert [*Path(place).iterdir()] == []
    runs = Runs(state_folder(), LOGIN)
    assert (runs.started_at(), [run.exit_code for run in runs.all()]) == (None, [130])
    assert not (home / "new.ics").exists()


def test_a_run_may_outlive_its_terminal(demo: Demo, home: Path) -> None:
    """As `nohup` starts it: the signal stays ignored."""
    demo.control.latency = {"home": 1000}
    given = {"AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD, "AURION_OUTPUT": "new.ics"}
    process = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "-", sys.executable, "-m", "scraper", "export"],
        env={**os.environ, **given}, cwd=home, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not demo.log and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=100) == 0
    assert (home / "new.ics").exists()
