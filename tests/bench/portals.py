"""The portals of the benchmarks, each in a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile

from tests.paths import ROOT

FACES = ROOT / "shared" / "portal" / "start"
"""A real JSF portal, where it lies beside the checkout."""
START_SECONDS = 180


def has_faces() -> bool:
    """Return whether the real JSF portal can be started."""
    return FACES.exists() and shutil.which("java") is not None and shutil.which("mvn") is not None


@contextmanager
def faces_portal() -> Iterator[str]:
    """Run the JSF portal without delays; yield its address."""
    port = _free_port()
    with _running((str(FACES), "-p", str(port)), port) as address:
        yield address


@contextmanager
def demo_portal() -> Iterator[str]:
    """Run a demo portal with a year of lessons; yield its address."""
    port = _free_port()
    with _running((sys.executable, "-m", "scraper", "demo", "--port", str(port)), port) as address:
        yield address


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[str]:
    with TemporaryFile() as stated:
        process = subprocess.Popen(command, stdout=stated, stderr=stated, start_new_session=True)
        try:
            _wait_for(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    sys.exit(f"the portal on port {port} did not start")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
