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

GRACE = 8.0
"""Seconds between the request to end and the kill."""
POLL = 0.05
PS_TIMEOUT = 30.0
"""Seconds for reading the arguments of another process."""

DETACHED = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Creation flags on Windows: own process group, no window. Elsewhere `start_new_session` gives an own group."""

ProcessTable = dict[int, tuple[int, str]]
"""By process id: the parent's id and the start time, because the system reuses ids."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a foreign program: without `AURION_*`, some of which are secrets."""
    return {name: value for name, value in environment.items() if not name.startswith("AURION_")}


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
    process = subprocess.Popen(  # noqa: S603 - the caller's
        command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", errors="replace", start_new_session=True, creationflags=DETACHED, cwd=folder,
    )  # fmt: skip
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
    """End the process and all its descendants: SIGTERM first, SIGKILL after `grace` seconds."""
    if sys.platform == "win32":
        subprocess.run(  # noqa: S603 - Windows has no other way to end a process tree
            ["taskkill", "/PID", str(process.pid), "/T", "/F"],  # noqa: S607 - a program of the system
            check=False, capture_output=True,
        )  # fmt: skip
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
        return
    started = descendants(process.pid)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    until = time.monotonic() + grace
    while time.monotonic() < until and (process.poll() is None or _still_running(started)):
        time.sleep(POLL)
    started |= descendants(process.pid) if process.poll() is None else {}
    for pid in (process.pid, *_still_running(started)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)


def descendants(root: int) -> ProcessTable:
    """Return all descendants of the process, also those in another group: a browser has its own."""
    table, found = list_processes(), {root}
    while more := {pid for pid, (parent, _) in table.items() if parent in found} - found:
        found |= more
    return {pid: table[pid] for pid in found - {root}}


def list_processes() -> ProcessTable:
    """Return all visible processes, without zombies."""
    found = dict(filter(None, map(_parse_stat, Path("/proc").glob("[0-9]*/stat"))))
    return found or _processes_of_ps()


def _processes_of_ps() -> ProcessTable:
    """Return the processes where there is no /proc, as on macOS."""
    done = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart="],  # noqa: S607 - a program of the system
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    rows = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    return {int(pid): (int(parent), began) for pid, parent, state, began in rows if not state.startswith("Z")}


def _parse_stat(stat: Path) -> tuple[int, tuple[int, str]] | None:
    """Return the process id, parent and start (fields 4 and 22 of proc_pid_stat(5)); None for a zombie.

    Fields are counted from the last `)`, because the name before them may contain anything.
    """
    try:
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return None if fields[0] == "Z" else (int(stat.parent.name), (int(fields[1]), fields[19]))
    except (OSError, ValueError, IndexError):
        return None


def arguments_of(pid: int) -> Sequence[str]:
    """Return the arguments of a running process; empty where the system does not report them."""
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    if sys.platform == "win32":
        question = f"(Get-CimInstance Win32_Process -Filter ProcessId={pid}).CommandLine"
        command = ["powershell", "-NoProfile", "-NonInteractive", "-Command", question]
    try:
        if (file := Path(f"/proc/{pid}/cmdline")).exists():
            # Chromium replaces its own arguments with one text, separated by blanks.
            return file.read_bytes().decode(errors="replace").replace("\0", " ").split()
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, check=False, capture_output=True, text=True, errors="replace", timeout=PS_TIMEOUT
        )
        return done.stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return ()


def _still_running(started: ProcessTable) -> list[int]:
    now = list_processes()
    return [pid for pid, (_, began) in started.items() if now.get(pid, (0, ""))[1] == began]


def _write(stream: IO[str] | None, text: str) -> None:
    if stream is not None:
        with suppress(OSError), stream:
            stream.write(text)


def _read(stream: IO[str] | None, take: Callable[[str], object]) -> None:
    if stream is not None:
        with suppress(OSError, ValueError), stream:
            for line in stream:
                take(line)
