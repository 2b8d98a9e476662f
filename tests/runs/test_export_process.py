"""An export in a process of its own: what it says is understood, and what hangs is ended with all that it started."""

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.domain.progress import CHILD, PICTURE, WANTED
from scraper.errors import AurionError, Interrupted, PortalUnavailable
from scraper.runs import worker
from scraper.runs.worker import WorkerResult, run_worker
from scraper.runs.worker_progress import Steps
from scraper.system.processes import descendants, is_alive, run_process
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
    """Whether it holds within that time."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return bool(condition())


@contextmanager
def watched() -> Iterator[set[psutil.Process]]:
    """All that is started below us while the block goes on."""
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


def left(seen: set[psutil.Process]) -> list[psutil.Process]:
    """Those that still run."""
    return [one for one in seen if is_alive(one)]


def program(tmp_path: Path, text: str) -> list[str]:
    """A Python program, as a command."""
    path = tmp_path / "program.py"
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


@posix
@pytest.mark.slow
def test_what_does_not_listen_is_killed_with_what_it_started_elsewhere(tmp_path: Path) -> None:
    """A program and its child in another session, both deaf to SIGTERM, are gone when the time is over."""
    ready = tmp_path / "ready"
    with watched() as seen:
        command = [*program(tmp_path, STUBBORN), str(ready)]
        code, _ = run_process(command, os.environ, typed="", seconds=3, on_line=lambda _: None, grace=0.5)
    assert code is None
    assert ready.exists()
    assert len(seen) >= 2
    assert eventually(lambda: not left(seen)), left(seen)


@posix
def test_who_is_interrupted_leaves_nothing_running(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a run ends the program too, although it is in a session of its own."""
    ready = tmp_path / "ready"

    def interrupt() -> None:
        eventually(ready.exists)
        os.kill(os.getpid(), signal.SIGINT)

    with watched() as seen:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            run_process(
                [*program(tmp_path, STUBBORN), str(ready)], os.environ, typed="", seconds=60, on_line=lambda _: None,
                grace=0.5,
            )  # fmt: skip
    assert eventually(lambda: not left(seen)), left(seen)


def test_output_of_any_size_comes_back(tmp_path: Path) -> None:
    """Megabytes on both streams block no one; what was typed arrives; letters of any script are kept."""
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
    """Run this program in place of an export, and return its result."""

    def result(text: str, stop: threading.Event | None = None, command: Sequence[str] = ("export",)) -> WorkerResult:
        (tmp_path / "scraper").mkdir()
        (tmp_path / "scraper" / "__init__.py").touch()
        (tmp_path / "scraper" / "__main__.py").write_text(text, encoding="utf-8")
        monkeypatch.setattr(worker, "python_path", lambda _: {"PYTHONPATH": str(tmp_path)})
        secrets = {"AURION_PASSWORD": "canary", "AURION_NOTIFY": "canary"}
        return run_worker(["camille"], {**os.environ, **secrets}, print, stop=stop, command=command)

    return result


def test_a_result_is_what_the_export_says(run_program: RunProgram) -> None:
    """Exit code, error, sentences; seconds are measured."""
    text = """
import json, sys
print(json.dumps({"error": "ActionNeeded", "reason": "renewal", "message": "é", "hint": "h", "details": None}))
sys.exit(4)
"""
    result = run_program(text)
    assert (result.exit_code, result.error, result.reason, result.message) == (4, "ActionNeeded", "renewal", "é")
    assert (result.hint, result.details) == ("h", "")
    assert result.seconds > 0


def test_the_changes_of_a_good_run_are_counted(run_program: RunProgram) -> None:
    """By kind, and all together."""
    result = run_program("""print('{"output": "a.ics", "changes": {"added": 2, "moved": 1}}')""")
    assert (result.exit_code, result.changes, result.kinds) == (0, 3, {"added": 2, "moved": 1})
    assert (result.held, result.output["output"]) == (False, "a.ics")


@pytest.mark.parametrize("text", ["print('{\"held\": true}')", 'print(\'{"error": "SuspiciouslyEmpty"}\'); exit(7)'])
def test_what_waits_is_reported(run_program: RunProgram, text: str) -> None:
    """Changes kept back, and a planning that is suspiciously empty."""
    assert run_program(text).held


@pytest.mark.parametrize(
    "text", ["import sys; sys.exit(1)", "print('[]'); raise SystemExit(3)", "import os; os.abort()"]
)
def test_an_export_that_breaks_without_a_word_is_a_bug_of_ours(run_program: RunProgram, text: str) -> None:
    """Whatever its exit code; a login refused without a word is not believed."""
    with pytest.raises(AurionError) as raised:
        run_program(text)
    assert (raised.value.exit_code, raised.value.reason) == (70, "child")


def test_a_secret_is_in_no_childs_environment_or_arguments(run_program: RunProgram) -> None:
    """The password comes by the pipe alone; an address for notifications not at all."""
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


def test_another_command_that_exports_is_run_in_the_same_way(run_program: RunProgram) -> None:
    """As the one that makes an account."""
    text = "import json, sys; print(json.dumps({'error': 'x', 'hint': ' '.join(sys.argv[1:])})); sys.exit(2)"
    assert run_program(text, command=("account", "add")).hint == "account add camille --password-stdin --json --quiet"


def test_steps_go_from_the_child_to_the_run() -> None:
    """What the child's progress writes is read as a step's begin and end; what else it says is none."""
    stream = io.StringIO()
    with Steps(stream).step("login"):
        pass
    stream.write(f"Attention : ceci.\n{CHILD} login soon\n{CHILD} a;b 1\n")
    steps: list[tuple[str, bool]] = []
    for line in stream.getvalue().splitlines():
        worker._report_step(line, lambda name, seconds: steps.append((name, seconds is None)))
    assert steps == [("login", True), ("login", False)]


@posix
def test_a_run_that_is_stopped_leaves_nothing_running(run_program: RunProgram, monkeypatch: Monkey) -> None:
    """From another thread, within moments; the program is gone, and it is reported as stopped."""
    stop = threading.Event()
    monkeypatch.setattr(
        worker, "run_process", lambda *given, **how: run_process(*given, **{**how, "stop": stop, "grace": 0.5})
    )
    threading.Timer(1, stop.set).start()
    with watched() as seen, pytest.raises(Interrupted) as raised:
        run_program("import time; time.sleep(60)", stop)
    assert raised.value.reason == "stopped"
    assert eventually(lambda: not left(seen)), left(seen)


@posix
def test_what_ends_well_while_it_is_stopped_did_end_well(run_program: RunProgram, tmp_path: Path) -> None:
    """An export that is past its commit answers no signal: its calendar is published, and that is reported."""
    stop, ready = threading.Event(), tmp_path / "ready"
    text = f"""
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open({str(ready)!r}, "w").close()
time.sleep(1)
print('{{"changes": {{"added": 1}}}}')
"""
    threading.Thread(target=lambda: (eventually(ready.exists), stop.set())).start()
    result = run_program(text, stop)
    assert (stop.is_set(), result.exit_code, result.changes) == (True, 0, 1)


@posix
def test_an_export_that_hangs_is_ended_with_its_browser(home: Path) -> None:
    """A portal that never answers: after its bound neither the export nor any process of Chromium is left."""
    with Demo() as demo, watched() as seen:
        demo.control.faults = (Fault(delay=60_000),)
        environment = {**os.environ, "AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD}
        names: set[str] = set()
        with pytest.raises(PortalUnavailable) as raised:
            run_worker(["--output", str(home / "a.ics")], environment, lambda name, _: names.add(name), bound=8)
    assert raised.value.reason == "hung"
    assert len(seen) > 5, "a browser had been started"
    assert eventually(lambda: not left(seen)), left(seen)


def test_an_export_from_the_demo_is_done_and_shown(home: Path) -> None:
    """The very command: each step begins and ends, a picture comes when it is asked for, the calendar is there."""
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
