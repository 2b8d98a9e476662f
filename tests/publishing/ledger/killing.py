"""Kill runs by SIGKILL and report the files that each leaves: `-m tests.publishing.ledger.killing FOLDER`.

Each run is a child of one process that has imported everything. Standard output has one line of JSON for each kill.
"""

import gc
import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import scraper
from scraper.ical import timezone
from scraper.publishing.ledger import tables
from tests.publishing.ledger.publishing import CALENDARS, bodies, publish_waiting, published, rows

PACKAGE = Path(scraper.__file__).parent
PUBLISHING = (
    "publishing/publish.py",
    "publishing/comparison.py",
    "publishing/lost_ledger.py",
    "publishing/publish_pending.py",
    "sinks/file.py",
)
UNUSED = ("__init__.py", "records.py", "snapshot.py")
"""Modules without functions, and the copies for another computer: no line of them runs during a publication."""
LEDGER = {*PACKAGE.glob("publishing/ledger/*.py")} - {PACKAGE / "publishing/ledger" / name for name in UNUSED}
WATCHED = {str(path) for path in (*map(PACKAGE.joinpath, PUBLISHING), *LEDGER)}
KILLED_RUN, NEXT_RUN = 1, 2
HELD = "held"
MOMENTS, SEED = 6, 4
Act = Callable[[], object]


def run(folder: Path, start: Path) -> None:
    """Run the run that is killed, or publish the pending changes of an earlier one."""
    if start.name == HELD:
        publish_waiting(folder, KILLED_RUN)
    else:
        published(folder, "B", KILLED_RUN)


def watched(at_line: Callable[[str], object], act: Act) -> None:
    """Act, and call `at_line` before each line of the watched files."""

    def tracer(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 - itself
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            at_line(f"{Path(frame.f_code.co_filename).relative_to(PACKAGE).as_posix()}:{frame.f_lineno}")
        return tracer

    sys.settrace(tracer)
    try:
        act()
    finally:
        sys.settrace(None)


def killed_at(number: int, act: Act) -> None:
    """Act, and kill the process at the line event of that number."""
    left = number

    def at_line(_: str) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    watched(at_line, act)


def child(act: Act, then: Callable[[int], object]) -> int:
    """Act in a child; return its exit code, or the signal as a negative number."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except BaseException:  # noqa: BLE001 - reported, and seen by its exit code
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    then(pid)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def points(seen: list[tuple[str, object]], known: set[str]) -> list[int]:
    """Return where to kill: the last execution of each line, when most has happened before it.

    Lines not known yet; and of those with the very same files before them, which a kill leaves as they are, the last.
    """
    last = sorted({line: number for number, (line, _) in enumerate(seen)}.values())
    return sorted({seen[number][1]: number for number in last if seen[number][0] not in known}.values())


def stamps(folder: Path) -> object:
    """Return what tells the files of this moment from others, without reading them."""
    found = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
    return frozenset((str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in found)


def at_lines(folder: Path, start: Path, known: set[str]) -> Iterator[tuple[str, int, Path]]:
    """Kill a run at each of its points; yield the place, how it ended, and its folder."""
    seen: list[tuple[str, object]] = []
    case = fresh(folder, start)
    watched(lambda line: seen.append((line, stamps(case))), lambda: run(case, start))
    for number in points(seen, known):
        case = fresh(folder, start)
        ended = child(lambda n=number, case=case: killed_at(n, lambda: run(case, start)), lambda _: None)
        yield f"{start.name}, {seen[number][0]} #{number}", ended, case
    known.update(line for line, _ in seen)


def at_moments(folder: Path, start: Path) -> Iterator[tuple[str, int, Path]]:
    """Kill runs at random; yield the time, how each ended, and its folder."""
    chance, began = random.Random(f"{SEED} {start.name}"), time.perf_counter()  # noqa: S311 - no secret
    child(lambda: run(fresh(folder, start), start), lambda _: None)
    whole = time.perf_counter() - began
    for seconds in [chance.uniform(0, whole) for _ in range(MOMENTS)]:
        case = fresh(folder, start)

        def kill(pid: int, seconds: float = seconds) -> None:
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)

        yield f"{start.name}, {seconds:.4f} s", child(lambda case=case: run(case, start), kill), case


def fresh(folder: Path, start: Path, name: str = "case") -> Path:
    """Copy the files that every run begins with."""
    shutil.rmtree(folder / name, ignore_errors=True)
    return Path(shutil.copytree(start, folder / name))


def state(folder: Path) -> dict[str, bytes]:
    """Return every file: what a killed run leaves to the next one."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@dataclass(slots=True)
class Start:
    """The files that every run begins with; `made` are the files after a kill, and the result of the next run."""

    folder: Path
    path: Path
    made: list[tuple[dict[str, bytes], dict[str, object]]] = field(default_factory=list)
    old: list[bytes | None] = field(init=False)
    new: list[bytes | None] = field(init=False)
    never: object = field(init=False)
    done: object = field(init=False)
    issues: int = field(init=False)

    def __post_init__(self) -> None:
        self.old, self.new = bodies(self.path), bodies(self._after(KILLED_RUN))
        self.never = self._end(self._after(NEXT_RUN))
        self.done = self._end(self._after(KILLED_RUN, NEXT_RUN))
        self.issues = len(rows(fresh(self.folder, self.path)).get("calendars", []))

    def results(self, kills: Iterator[tuple[str, int, Path]]) -> Iterator[dict[str, object]]:
        """Yield the files after each kill, compared with the old and the new calendars, and the next run's result.

        A next run that would begin with the very same files is not made again.
        """
        for where, ended, case in kills:
            left = state(case)
            following = next((result for before, result in self.made if before == left), None)
            if following is None:
                committed = len(rows(fresh(self.folder, case, "copy")).get("calendars", [])) > self.issues
                published(case, "B", NEXT_RUN)
                end = self._end(case)
                following = {"committed": committed, "done": end == self.done, "never": end == self.never}
                self.made.append((left, following))
            files = [left.get(name) for name in CALENDARS]
            words = [
                "old" if f == o else "new" if f == n else "torn"
                for f, o, n in zip(files, self.old, self.new, strict=True)
            ]
            yield {"where": where, "ended": ended, "files": words, "left": list(left), **following}

    def _after(self, *days: int) -> Path:
        case = fresh(self.folder, self.path)
        for day in days:
            published(case, "B", day)
        return case

    def _end(self, case: Path) -> object:
        return bodies(case), rows(case)


def starts(folder: Path) -> Iterator[Start]:
    """Yield four starts: planning A published; nothing; calendars without a ledger; planning B pending."""
    changed, new, lost, held = (folder / name for name in ("changed", "new", "lost", HELD))
    changed.mkdir()
    published(changed, "A", 0)
    new.mkdir()
    lost.mkdir()
    for name in CALENDARS:
        shutil.copy(changed / name, lost)
    shutil.copytree(changed, held)
    published(held, "B", KILLED_RUN, hold=True)
    return (Start(folder, path) for path in (changed, new, lost, held))


def main() -> None:
    """Kill runs from each start."""
    tables.PATIENCE = 1
    timezone._change = cache(timezone._change)  # half of a run, and always the same
    gc.disable()
    known: set[str] = set()
    for start in starts(Path(sys.argv[1])):
        where = start.folder, start.path
        for is_at_line, kills in ((True, at_lines(*where, known)), (False, at_moments(*where))):
            for one in start.results(kills):
                sys.stdout.write(json.dumps({"is_at_line": is_at_line, **one}) + "\n")
    assert {str(PACKAGE / line.partition(":")[0]) for line in known} == WATCHED, "a module ran no line"


if __name__ == "__main__":
    main()
