"""Kills runs by SIGKILL and says what each left: `-m tests.publishing.ledger.killing lines|moments FOLDER PART PARTS`.

Each run is a child of one process that has imported everything. One line of JSON a kill is written on standard output.
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
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import scraper
from scraper.ical import timezone
from scraper.publishing.ledger import tables
from tests.publishing.ledger.publishing import CALENDARS, bodies, published, rows, word_given

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
MOMENTS, SEED = 12, 4
Act = Callable[[], object]


def run(folder: Path, start: Path) -> None:
    """The run that is killed, or the word that publishes what an earlier run kept back."""
    if start.name == HELD:
        word_given(folder, KILLED_RUN)
    else:
        published(folder, "B", KILLED_RUN)


def watched(at_line: Callable[[str], object], act: Act) -> None:
    """Does it, and calls `at_line` before each line of the watched files is executed."""

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
    """Does it, up to the line event of that number."""
    left = number

    def at_line(_: str) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    watched(at_line, act)


def child(act: Act, then: Callable[[int], object]) -> int:
    """How a child ended that did it: the signal, as a negative number, or its exit code."""
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
    """Where to kill: the last time that each line is executed, when most has happened before it.

    Lines not known yet; and of those with the very same files before them, which a kill leaves as they are, the last.
    """
    last = sorted({line: number for number, (line, _) in enumerate(seen)}.values())
    return sorted({seen[number][1]: number for number in last if seen[number][0] not in known}.values())


def stamps(folder: Path) -> object:
    """What every file is like at this moment, without reading it."""
    found = ((path, path.stat()) for path in folder.rglob("*") if path.is_file())
    return frozenset((str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in found)


def at_lines(folder: Path, start: Path, known: set[str], part: slice) -> Iterator[tuple[str, int, Path]]:
    """A run killed at each of its points: where, how it ended, and its folder."""
    seen: list[tuple[str, object]] = []
    case = fresh(folder, start)
    watched(lambda line: seen.append((line, stamps(case))), lambda: run(case, start))
    for number in points(seen, known)[part]:
        case = fresh(folder, start)
        ended = child(lambda n=number, case=case: killed_at(n, lambda: run(case, start)), lambda _: None)
        yield f"{start.name}, {seen[number][0]} #{number}", ended, case
    known.update(line for line, _ in seen)


def at_moments(folder: Path, start: Path, part: slice) -> Iterator[tuple[str, int, Path]]:
    """Runs killed at random: when, how each ended, and its folder."""
    chance, began = random.Random(f"{SEED} {start.name}"), time.perf_counter()  # noqa: S311 - no secret
    child(lambda: run(fresh(folder, start), start), lambda _: None)
    whole = time.perf_counter() - began
    for seconds in [chance.uniform(0, whole) for _ in range(MOMENTS)][part]:
        case = fresh(folder, start)

        def kill(pid: int, seconds: float = seconds) -> None:
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)

        yield f"{start.name}, {seconds:.4f} s", child(lambda case=case: run(case, start), kill), case


def fresh(folder: Path, start: Path, name: str = "case") -> Path:
    """A folder as every run begins with."""
    shutil.rmtree(folder / name, ignore_errors=True)
    return Path(shutil.copytree(start, folder / name))


def state(folder: Path) -> dict[str, bytes]:
    """Every file: all that a run that is dead leaves to the next one."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@dataclass(frozen=True, slots=True)
class Start:
    """What every run begins with, and what comes of it undisturbed."""

    folder: Path
    path: Path

    def reported(self, ways: Iterator[tuple[str, int, Path]]) -> Iterator[dict[str, object]]:
        """What each kill left, beside the old and the new calendars, and what the next run makes of it.

        A next run that would begin with the very same files is not made again.
        """
        old, new = bodies(self.path), bodies(self._after(KILLED_RUN))
        never, done = self._end(self._after(NEXT_RUN)), self._end(self._after(KILLED_RUN, NEXT_RUN))
        issues = len(rows(fresh(self.folder, self.path)).get("calendars", []))
        made: list[tuple[dict[str, bytes], dict[str, object]]] = []
        for where, ended, case in ways:
            left = state(case)
            following = next((reported for before, reported in made if before == left), None)
            if following is None:
                committed = len(rows(fresh(self.folder, case, "copy")).get("calendars", [])) > issues
                published(case, "B", NEXT_RUN)
                end = self._end(case)
                following = {"committed": committed, "done": end == done, "never": end == never}
                made.append((left, following))
            files = [left.get(name) for name in CALENDARS]
            reported = [
                "old" if f == o else "new" if f == n else "torn" for f, o, n in zip(files, old, new, strict=True)
            ]
            yield {"where": where, "ended": ended, "files": reported, "left": list(left), **following}

    def _after(self, *days: int) -> Path:
        case = fresh(self.folder, self.path)
        for day in days:
            published(case, "B", day)
        return case

    def _end(self, case: Path) -> object:
        return bodies(case), rows(case)


def starts(folder: Path) -> Iterator[Start]:
    """Planning A is published; there is nothing yet; the calendars are there, the ledger was lost; planning B waits."""
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
    """Kills as the command line says."""
    how, folder, number, parts = sys.argv[1:]
    part = slice(int(number), None, int(parts))
    tables.PATIENCE = 1
    timezone._change = cache(timezone._change)  # half of a run, and always the same
    gc.disable()
    known: set[str] = set()
    for start in starts(Path(folder)):
        where = start.folder, start.path
        for one in start.reported(at_lines(*where, known, part) if how == "lines" else at_moments(*where, part)):
            sys.stdout.write(json.dumps(one) + "\n")
    if how == "lines":
        assert {str(PACKAGE / line.partition(":")[0]) for line in known} == WATCHED, "a module ran no line"


if __name__ == "__main__":
    main()
