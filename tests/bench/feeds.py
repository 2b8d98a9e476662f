"""Measure the feed with many requests of ab (of Apache's tools), beside nginx with the same file."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_connection
from time import monotonic, sleep
from urllib.request import urlopen

from pydantic import SecretStr

from scraper.config.vault.age_file import AgeFile
from scraper.publishing.feeds.feed_files import AS_THE_FILE, calendar_file
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.system.platforms import runs_as_root
from scraper.system.run_history import Runs
from scraper.web.server import listen, server_url

REQUESTS, AT_ONCE = 10_000, 20
KEY = "0123456789abcdef"


def can_measure() -> bool:
    """Return whether ab is installed."""
    return shutil.which("ab") is not None


@contextmanager
def feed(folder: Path, body: bytes, *options: str) -> Iterator[tuple[str, int]]:
    """Run a feed as a process, with a portal that is down; yield a calendar's address and the process id."""
    home = {
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
    }
    state = folder / "aurion-planning"
    with listen("127.0.0.1", 0) as no_one:
        portal = server_url(no_one)
    AgeFile(state / "vault").put("bench", SecretStr("invented"))
    (state / "settings.toml").write_text(f'[accounts.bench]\nurl = "{portal}"\nlogin = "bench"\n')
    _, secret = Subscribers(state).add("bench", account="bench", key=KEY, calendar=AS_THE_FILE, name="planning")
    file = calendar_file(state, KEY, AS_THE_FILE)
    file.parent.mkdir()
    file.write_bytes(body)
    command = [sys.executable, "-m", "scraper", "serve", "--port", "0", "--no-open", *options]
    environment = {**os.environ, **home, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            address = process.stdout.readline().split()[1].partition("open?")[0]
            yield f"{address}c/{secret}/planning.ics", process.pid
        finally:
            process.terminate()


@contextmanager
def nginx(folder: Path, body: bytes) -> Iterator[str | None]:
    """Run nginx with the same file; yield its address, or None if nginx is not installed."""
    if (program := shutil.which("nginx")) is None:
        yield None
        return
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    (folder / "planning.ics").write_bytes(body)
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log; events {{}}\n"
        f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    command = [program, "-c", str(folder / "nginx.conf"), *(["-g", "user root;"] if runs_as_root() else [])]
    with subprocess.Popen(command) as process:
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}/planning.ics"
        finally:
            process.terminate()


def milliseconds(address: str, *, conditional: bool) -> float:
    """Return the milliseconds of a request, of many; raise if an answer is wrong."""
    with urlopen(address) as answer:  # noqa: S310 - ours
        tag = answer.headers["etag"]
    headers = ["-H", f"If-None-Match: {tag}"] if conditional else []
    command = ["ab", "-q", "-n", str(REQUESTS), "-c", str(AT_ONCE), *headers, address]
    reported = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    other = re.search(r"Non-2xx responses: +(\d+)", reported)
    if int(other[1] if other else 0) != (REQUESTS if conditional else 0) or "Failed requests:        0" not in reported:
        raise ValueError(reported)
    found = re.search(r"Requests per second: +([\d.]+)", reported)
    return 1000 / float(found[1]) if found else float("inf")


def failed_export(folder: Path) -> int:
    """Wait for the feed's own export; return its exit code."""
    runs, until = Runs(folder / "aurion-planning", "bench"), monotonic() + 60
    while (run := runs.last()) is None:
        if monotonic() > until:
            raise TimeoutError
        sleep(0.1)
    return run.exit_code


def memory(pid: int) -> float:
    """Return the memory of a process in MB; 0 if the system has no /proc."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1000 if found else 0


def _wait(port: int) -> None:
    """Wait until a server listens on the port."""
    until = monotonic() + 10
    while True:
        try:
            return create_connection(("127.0.0.1", port)).close()
        except ConnectionError:
            if monotonic() > until:
                raise
            sleep(0.05)
