"""A program run beside us, that ends when it must, with all that it started."""

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
"""Seconds that a program has to end by itself when it is told to."""
POLL = 0.05
LOOK = 30.0
"""Seconds for a look at another process."""

ALONE = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""On Windows: a group of its own, and no window. Elsewhere a session of its own does the first."""

Seen = dict[int, tuple[int, str]]
"""Of each process its parent and when it started: a number alone may be another process a moment later."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for a program that is not ours: without our own, of which some are secrets."""
    return {name: value for name, value in environment.items() if not name.startswith("AURION_")}


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    typed: str,
    seconds: float,
    on_line: Callable[[str], None],
    grace: float = GRACE,
    stop: Event | None = None,
) -> tuple[int | None, str]:
    """The exit code (None: it was ended, after its seconds or by `stop`) and its standard output.

    What ended well while it was being ended did end well. `on_line` gets each line of its standard error.
    `typed` is its standard input. Raises OSError where it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - the caller's
        command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", errors="replace", start_new_session=True, creationflags=ALONE,
    )  # fmt: skip
    told: list[str] = []
    readers = [
        Thread(target=_read, args=(stream, take), daemon=True)
        for stream, take in ((process.stdout, told.append), (process.stderr, on_line))
    ]
    ended = False
    try:
        for reader in readers:
            reader.start()
        _write(process.stdin, typed)
        ended = _waited(process, seconds, stop or Event())
    finally:
        if not ended:
            end(process, grace)
    for reader in readers:
        reader.join(grace)
    return (process.returncode if ended or process.returncode == 0 else None), "".join(told)


def _waited(process: subprocess.Popen[Any], seconds: float, stop: Event) -> bool:
    """Whether it ended by itself within that time, and before anybody stopped it."""
    until = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > until or stop.wait(POLL):
            return False
    return True


def end(process: subprocess.Popen[Any], grace: float = GRACE) -> None:
    """Ends the program and all that it started: told first, then killed."""
    if sys.platform == "win32":
        subprocess.run(  # noqa: S603 - no other way to end a tree there
            ["taskkill", "/PID", str(process.pid), "/T", "/F"],  # noqa: S607 - the system's
            check=False, capture_output=True,
        )  # fmt: skip
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
        return
    started = descendants(process.pid)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    until = time.monotonic() + grace
    while time.monotonic() < until and (process.poll() is None or _left(started)):
        time.sleep(POLL)
    started |= descendants(process.pid) if process.poll() is None else {}
    for pid in (process.pid, *_left(started)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(grace)


def descendants(root: int) -> Seen:
    """All that this process started, and what those did; a browser stands in a group of its own."""
    seen, found = processes(), {root}
    while more := {pid for pid, (parent, _) in seen.items() if parent in found} - found:
        found |= more
    return {pid: seen[pid] for pid in found - {root}}


def processes() -> Seen:
    """All processes that can be seen now, but those that only wait to be forgotten."""
    found = dict(filter(None, map(_of_proc, Path("/proc").glob("[0-9]*/stat"))))
    return found or _listed()


def _listed() -> Seen:
    """Where there is no /proc, as on macOS."""
    done = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart="],  # noqa: S607 - the system's
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    rows = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    return {int(pid): (int(parent), began) for pid, parent, state, began in rows if not state.startswith("Z")}


def _of_proc(stat: Path) -> tuple[int, tuple[int, str]] | None:
    """The fourth field is the parent, the 22nd the start (proc_pid_stat(5)); the name before them may hold anything."""
    try:
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return None if fields[0] == "Z" else (int(stat.parent.name), (int(fields[1]), fields[19]))
    except (OSError, ValueError, IndexError):
        return None


def arguments_of(pid: int) -> Sequence[str]:
    """The arguments of a running process, as the system has them; empty where it does not tell."""
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    if sys.platform == "win32":
        question = f"(Get-CimInstance Win32_Process -Filter ProcessId={pid}).CommandLine"
        command = ["powershell", "-NoProfile", "-NonInteractive", "-Command", question]
    try:
        if (there := Path(f"/proc/{pid}/cmdline")).exists():
            # Chromium writes over its own arguments: one text with blanks between them.
            return there.read_bytes().decode(errors="replace").replace("\0", " ").split()
        done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace", timeout=LOOK)  # noqa: S603
        return done.stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return ()


def _left(started: Seen) -> list[int]:
    """Those of them that still run."""
    now = processes()
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
