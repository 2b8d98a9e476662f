"""Run a child process with a time limit, and end its whole process tree."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

import psutil

GRACE = 8.0
"""Seconds between the request to end and the kill."""
POLL = 0.05

DETACHED = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Creation flags on Windows: own process group, no window. Elsewhere `start_new_session` gives an own group."""


def run_process(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    typed: str,
    seconds: float,
    on_line: Callable[[str], object],
    grace: float = GRACE,
    stop: Event | None = None,
    folder: Path | None = None,
) -> tuple[int | None, str]:
    """Run a program, in the current folder or in `folder`; return its exit code and standard output.

    The exit code is None where the program was ended, after `seconds` or by `stop`; but 0 where it still exited with
    success. `typed` is its standard input, `on_line` gets each line of its standard error. Raise OSError where it
    cannot be started.
    """
    process = start_process(command, environment, folder)
    return finish_process(process, typed=typed, seconds=seconds, on_line=on_line, grace=grace, stop=stop)


def start_process(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> subprocess.Popen[str]:
    """Start a program with pipes, in a process group of its own. Raise OSError where it cannot be started."""
    return subprocess.Popen(  # noqa: S603 - the caller's
        command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", errors="replace", start_new_session=True, creationflags=DETACHED, cwd=folder,
    )  # fmt: skip


def start_silent_process(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program without input and output, in a process group of its own. Raise OSError."""
    return subprocess.Popen(  # noqa: S603 - the caller's
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True, creationflags=DETACHED,
    )  # fmt: skip


def finish_process(
    process: subprocess.Popen[str],
    *,
    typed: str,
    seconds: float,
    on_line: Callable[[str], object],
    grace: float = GRACE,
    stop: Event | None = None,
) -> tuple[int | None, str]:
    """Write `typed` to a started process and wait for its end; return and parameters as of `run_process`."""
    output: list[str] = []
    readers = [
        Thread(target=_read, args=(stream, take), daemon=True)
        for stream, take in ((process.stdout, output.append), (process.stderr, on_line))
    ]
    ended = False
    try:
        for reader in readers:
            reader.start()
        _write(process.stdin, typed)
        ended = _wait(process, seconds, stop or Event())
    finally:
        if not ended:
            terminate(process, grace)
    for reader in readers:
        reader.join(grace)
    return (process.returncode if ended or process.returncode == 0 else None), "".join(output)


def _wait(process: subprocess.Popen[Any], seconds: float, stop: Event) -> bool:
    """Wait for the process; return False after the time limit or when `stop` is set."""
    until = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > until or stop.wait(POLL):
            return False
    return True


def terminate(process: subprocess.Popen[Any], grace: float = GRACE) -> None:
    """End the process and all its descendants: SIGTERM first, SIGKILL after `grace` seconds; on Windows at once."""
    tree = set(descendants(process.pid))
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        until = time.monotonic() + grace
        while time.monotonic() < until and (process.poll() is None or any(map(is_alive, tree))):
            time.sleep(POLL)
        tree.update(descendants(process.pid))
    process.kill()
    for one in tree:
        with suppress(psutil.Error):
            one.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)


def descendants(root: int) -> Sequence[psutil.Process]:
    """Return all descendants of the process, also those in another group: a browser has its own."""
    with suppress(psutil.Error):
        return psutil.Process(root).children(recursive=True)
    return ()


def is_alive(process: psutil.Process) -> bool:
    """Return whether the process still runs: it is no zombie, and its id is not that of a later process."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def arguments_of(pid: int) -> Sequence[str]:
    """Return the arguments of a running process; empty where the system does not report them."""
    with suppress(psutil.Error):
        # Chromium replaces its own arguments with one text, separated by blanks.
        return " ".join(psutil.Process(pid).cmdline()).split()
    return ()


def windowless_python(python: str) -> str:
    """Return the interpreter without a console window if the same folder has one, otherwise the given one."""
    windowless = Path(python).with_name("pythonw.exe")
    return str(windowless) if windowless.exists() else python


def _write(stream: IO[str] | None, text: str) -> None:
    if stream is not None:
        with suppress(OSError), stream:
            stream.write(text)


def _read(stream: IO[str] | None, take: Callable[[str], object]) -> None:
    if stream is not None:
        with suppress(OSError, ValueError), stream:
            for line in stream:
                take(line)
