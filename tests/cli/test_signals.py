"""A run that a signal ends: its exit code and its record; no process and no temporary file stays."""

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
    ("numbers", "kind", "answered"),
    [
        ((signal.SIGHUP,), "login", 2),
        ((signal.SIGINT, signal.SIGINT), "home", 3),
        ((signal.SIGTERM, signal.SIGTERM), "events", 6),
    ],
)
def test_signal_ends_the_run_without_leftovers(
    demo: Demo, home: Path, numbers: tuple[signal.Signals, ...], kind: str, answered: int
) -> None:
    """Exit code 130, the old file, no process and no temporary file, also if a second signal follows.

    A closed terminal ends a run as Ctrl-C does.
    """
    demo.control.latency = {kind: 60_000}
    (home / "old.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "scraper", "export"], cwd=home, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**variables(demo, "old.ics"), "TMPDIR": folder},
        )  # fmt: skip
        wait_for(demo, answered, process)
        assert (len(demo.log), [*Path(folder).iterdir()] != []) == (answered, True)
        for number in numbers:
            os.killpg(process.pid, number)
            time.sleep(0.1)
        assert process.wait(timeout=60) == 130
        assert [*Path(folder).iterdir()] == []
    runs = Runs(state_folder(), LOGIN)
    assert (runs.started_at(), [run.exit_code for run in runs.all()]) == (None, [130])
    assert (home / "old.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"
    assert is_gone(process.pid)


def test_run_continues_after_its_terminal_closes(demo: Demo, home: Path) -> None:
    """A run that `nohup` starts ignores the signal."""
    demo.control.latency = {"home": 60_000}
    process = subprocess.Popen(
        ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "-", sys.executable, "-m", "scraper", "export"],
        env=variables(demo, "new.ics"), cwd=home, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(demo, 3, process)
    process.send_signal(signal.SIGHUP)
    demo.control.latency = {}
    assert process.wait(timeout=100) == 0
    assert (home / "new.ics").exists()


def variables(demo: Demo, output: str) -> dict[str, str]:
    """Return the environment of an export of one month."""
    account = {"AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
    return {**os.environ, **account, "AURION_OUTPUT": output, "AURION_MONTHS": "1"}


def wait_for(demo: Demo, answered: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the portal has answered so many requests: the next one is delayed."""
    until = time.monotonic() + 60
    while len(demo.log) < answered and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)


def is_gone(group: int) -> bool:
    """Wait ten seconds at most for the end of all processes of the group, and return whether they ended."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
