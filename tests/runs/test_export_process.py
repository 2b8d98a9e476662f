"""An export in a process of its own: its output is read, and a process that hangs is ended with its children."""

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.domain.progress import CHILD, PICTURE, WANTED
from scraper.errors import AurionError, Interrupted, PortalUnavailable
from scraper.runs import worker
from scraper.runs.worker import WorkerResult, run_worker
from scraper.runs.worker_progress import Steps
from scraper.system import processes
from scraper.system.processes import descendants, is_alive, run_process
from tests.cases import for_each
from tests.lessons import lessons_ahead

pytestmark = pytest.mark.slow

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and sessions are not those of Windows")
RunProgram = Callable[..., WorkerResult]
Monkey = pytest.MonkeyPatch
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if len(sys.argv) == 2:
    subprocess.Popen([sys.executable, __file__, sys.argv[1], "below"], start_new_session=True)
else:
    open(sys.argv[1], "w").close()
while True:
    time.sleep(60)
"""


def eventually(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Wait until the condition holds, and return whether it did in that time."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return bool(condition())


def end_time_limit(monkeypatch: pytest.MonkeyPatch, when: Callable[[], object]) -> None:
    """Let an hour pass for the time limits of processes, as soon as the condition holds."""
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600 * bool(when()), sleep=time.sleep)
    monkeypatch.setattr(processes, "time", clock)


@contextmanager
def watched() -> Iterator[set[psutil.Process]]:
    """Collect all processes that this process starts during the block."""
    seen: set[psutil.Process] = set()
    over = threading.Event()
    before = set(descendants(os.getpid()))

    def watch() -> None:
        while not over.wait(0.05):
            seen.update(set(descendants(os.getpid())) - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def still_running(seen: set[psutil.Process]) -> list[psutil.Process]:
    """Return the processes that still run."""
    return [one for one in seen if is_alive(one)]


def program(tmp_path: Path, text: str) -> list[str]:
    """Write a Python program and return its command."""
    path = tmp_path / "program.py"
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


@posix
@pytest.mark.slow
def test_process_that_ignores_sigterm_is_killed_with_its_children(tmp_path: Path, monkeypatch: Monkey) -> None:
    """A program and its child in another session, which ignore SIGTERM, are killed after the time limit."""
    ready = tmp_path / "ready"
    end_time_limit(monkeypatch, ready.exists)
    with watched() as seen:
        command = [*program(tmp_path, STUBBORN), str(ready)]
        code, _ = run_process(command, os.environ, typed="", seconds=60, on_line=lambda _: None, grace=0.2)
    assert code is None
    assert ready.exists()
    assert len(seen) >= 2
    assert eventually(lambda: not still_running(seen)), still_running(seen)


@posix
def test_interrupted_run_leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C also ends the program, although it has a session of its own."""
    ready = tmp_path / "ready"

    def interrupt() -> None:
        eventually(ready.exists)
        os.kill(os.getpid(), signal.SIGINT)

    with watched() as seen:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            run_process(
                [*program(tmp_path, STUBBORN), str(ready)], os.environ, typed="", seconds=60, on_line=lambda _: None,
                grace=0.2,
            )  # fmt: skip
    assert eventually(lambda: not still_running(seen)), still_running(seen)


def test_large_output_is_returned(tmp_path: Path) -> None:
    """Megabytes on both streams do not block; standard input arrives, and all letters are kept."""
    text = """
import sys
typed = sys.stdin.read()
for number in range(50_000):
    sys.stderr.write(f"line {number} é\\n")
sys.stdout.write(typed * 100_000)
sys.exit(7)
"""
    lines: list[str] = []
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    code, reported = run_process(
        program(tmp_path, text), environment, typed="mot à mot\n", seconds=60, on_line=lines.append
    )
    assert (code, reported) == (7, "mot à mot\n" * 100_000)
    assert (len(lines), lines[-1]) == (50_000, "line 49999 é\n")


@pytest.fixture
def run_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunProgram:
    """Return a function that runs a program in place of an export, and returns its result."""

    def result(text: str, stop: threading.Event | None = None, command: Sequence[str] = ("export",)) -> WorkerResult:
        (tmp_path / "scraper").mkdir(exist_ok=True)
        (tmp_path / "scraper" / "__init__.py").touch()
        (tmp_path / "scraper" / "__main__.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(worker, "python_path", lambda _: {"PYTHONPATH": str(tmp_path)})
        secrets = {"AURION_PASSWORD": "canary", "AURION_NOTIFY": "canary"}
        return run_worker(["camille"], {**os.environ, **secrets}, print, stop=stop, command=command)

    return result


def test_result_contains_the_output_of_the_export(run_program: RunProgram) -> None:
    """It contains exit code, error, message and hint, and the measured seconds."""
    text = """
import json, sys
print(json.dumps({"error": "ActionNeeded", "reason": "renewal", "message": "é", "hint": "h", "details": None}))
sys.exit(4)
"""
    result = run_program(text)
    assert (result.exit_code, result.error, result.reason, result.message) == (4, "ActionNeeded", "renewal", "é")
    assert (result.hint, result.details) == ("h", "")
    assert result.seconds > 0


def test_result_counts_the_changes(run_program: RunProgram) -> None:
    """They are counted by kind and in total."""
    result = run_program("""print('{"output": "a.ics", "changes": {"added": 2, "moved": 1}}')""")
    assert (result.exit_code, result.changes, result.kinds) == (0, 3, {"added": 2, "moved": 1})
    assert (result.held, result.output["output"]) == (False, "a.ics")


@for_each("text", ["print('{\"held\": true}')", 'print(\'{"error": "SuspiciouslyEmpty"}\'); exit(7)'])
def test_result_reports_pending_changes(run_program: RunProgram, text: str) -> None:
    """Changes for review, and a suspiciously empty timetable, are pending."""
    assert run_program(text).held


@for_each("text", ["import sys; sys.exit(1)", "print('[]'); raise SystemExit(3)", "import os; os.abort()"])
def test_export_without_output_is_a_bug(run_program: RunProgram, text: str) -> None:
    """Without output the exit code is ignored, also that of a refused login."""
    with pytest.raises(AurionError) as raised:
        run_program(text)
    assert (raised.value.exit_code, raised.value.reason) == (70, "child")


def test_environment_and_arguments_of_the_child_have_no_secret(run_program: RunProgram) -> None:
    """The password is sent through the pipe, and addresses for notifications are not passed on."""
    text = """
import json, os, sys
seen = [*sys.argv, *os.environ.values()]
found = {"in_pipe": sys.stdin.readline() == "canary\\n", "elsewhere": any("canary" in one for one in seen)}
print(json.dumps({"error": json.dumps(found), "hint": " ".join(sys.argv[1:])}))
sys.exit(2)
"""
    result = run_program(text)
    assert result.error == '{"in_pipe": true, "elsewhere": false}'
    assert result.hint == "export camille --password-stdin --json --quiet"


def test_another_command_is_run_in_the_same_way(run_program: RunProgram) -> None:
    """`account add` also exports."""
    text = "import json, sys; print(json.dumps({'error': 'x', 'hint': ' '.join(sys.argv[1:])})); sys.exit(2)"
    assert run_program(text, command=("account", "add")).hint == "account add camille --password-stdin --json --quiet"


def test_steps_of_the_child_are_read() -> None:
    """Begin and end of each step are read; other lines are ignored."""
    stream = io.StringIO()
    with Steps(stream).step("login"):
        pass
    stream.write(f"Attention : ceci.\n{CHILD} login soon\n{CHILD} a;b 1\n")
    steps: list[tuple[str, bool]] = []
    for line in stream.getvalue().splitlines():
        worker._report_step(line, lambda name, seconds: steps.append((name, seconds is None)))
    assert steps == [("login", True), ("login", False)]


@posix
def test_stopped_run_leaves_no_process(run_program: RunProgram, monkeypatch: Monkey, tmp_path: Path) -> None:
    """The program is ended from another thread, and the run is reported as stopped."""
    stop, ready = threading.Event(), tmp_path / "ready"
    monkeypatch.setattr(
        worker, "run_process", lambda *given, **how: run_process(*given, **{**how, "stop": stop, "grace": 0.2})
    )
    threading.Thread(target=lambda: (eventually(ready.exists), stop.set())).start()
    with watched() as seen, pytest.raises(Interrupted) as raised:
        run_program(f"import time; open({str(ready)!r}, 'w').close(); time.sleep(60)", stop)
    assert raised.value.reason == "stopped"
    assert eventually(lambda: not still_running(seen)), still_running(seen)


@posix
def test_run_that_succeeds_while_it_is_stopped_is_a_success(run_program: RunProgram, tmp_path: Path) -> None:
    """An export after its commit ignores the signal: its calendar is published."""
    stop, ready = threading.Event(), tmp_path / "ready"
    text = f"""
import signal, time
came = []
signal.signal(signal.SIGTERM, lambda *_: came.append(1))
open({str(ready)!r}, "w").close()
for _ in range(6000):
    if came:
        break
    time.sleep(0.01)
print('{{"changes": {{"added": 1}}}}')
"""
    threading.Thread(target=lambda: (eventually(ready.exists), stop.set())).start()
    result = run_program(text, stop)
    assert (stop.is_set(), result.exit_code, result.changes) == (True, 0, 1)


@posix
def test_export_that_hangs_is_ended_with_its_browser(home: Path, monkeypatch: Monkey) -> None:
    """A portal that never responds: after the time limit neither the export nor a process of Chromium runs."""
    with Demo() as demo, watched() as seen:
        demo.control.faults = (Fault(delay=60_000),)
        environment = {**os.environ, "AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
        names: set[str] = set()
        end_time_limit(monkeypatch, lambda: "portal" in names and len(seen) > 5)
        with pytest.raises(PortalUnavailable) as raised:
            run_worker(["--output", str(home / "a.ics")], environment, lambda name, _: names.add(name))
    assert raised.value.reason == "hung"
    assert len(seen) > 5, "a browser had been started"
    assert eventually(lambda: not still_running(seen)), still_running(seen)


def test_export_reports_its_steps_and_a_screenshot(home: Path) -> None:
    """Each step begins and ends, a requested screenshot is written, and the calendar too."""
    pictures, steps = home / "pictures", list[tuple[str, bool]]()
    pictures.mkdir()
    (pictures / WANTED).touch()
    with Demo(events=lessons_ahead()) as demo:
        environment = {**os.environ, "AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
        result = run_worker(
            ["--output", str(home / "a.ics"), "--months", "1"], environment,
            lambda name, seconds: steps.append((name, seconds is None)), pictures=pictures,
        )  # fmt: skip
    assert (result.exit_code, result.error) == (0, "")
    assert (home / "a.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert (pictures / PICTURE).read_bytes().startswith(b"\x89PNG")
    assert not (pictures / WANTED).exists()
    assert {name for name, begins in steps if begins} == {name for name, begins in steps if not begins}
    assert steps.index(("login", True)) < steps.index(("login", False)) < steps.index(("writing", True))
