"""Two runs at once into the same calendars and ledger: one after the other, or one says that there is another."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.paths import ROOT
from tests.publishing.ledger.publishing import bodies, published, rows

pytestmark = pytest.mark.slow

HELD = ("comparing", "writing")
"""The steps that are done under the lock."""
Began = Callable[..., "Publishing"]


class Publishing:
    """A process that publishes, and goes on when it is asked to."""

    def __init__(self, folder: Path, version: str, day: int, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.publishing.ledger.publishing", str(folder), version, str(day), *options],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", bufsize=1,
        )  # fmt: skip
        self.reach("reading")

    def reach(self, step: str) -> None:
        """Goes on until it is before that step."""
        while (step_now := self.stated()) != step:
            assert step_now in ("reading", *HELD)
            self.go_on()

    def stated(self) -> str:
        """Its next word, waited for."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def go_on(self, steps: int = 1) -> None:
        """So many steps further."""
        assert self.process.stdin
        self.process.stdin.write("\n" * steps)

    def end(self) -> str:
        """All the rest without a stop; its last word."""
        out, _ = self.process.communicate("\n\n\n", timeout=60)
        assert self.process.returncode == 0
        return str(out.split()[-1])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Planning A is published."""
    published(tmp_path, "A", 0)
    return tmp_path


@pytest.fixture
def begin(folder: Path) -> Iterator[Began]:
    """Begins a run in the folder, up to the reading."""
    begun: list[Publishing] = []

    def begin(*given: object) -> Publishing:
        begun.append(Publishing(folder, *given))  # type: ignore[arg-type]
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.communicate()


def in_order(folder: Path, *runs: tuple[str, int]) -> object:
    """What these runs make of planning A, one after the other."""
    folder.mkdir()
    for version, day in (("A", 0), *runs):
        published(folder, version, day)
    return bodies(folder), rows(folder)


def found(folder: Path) -> object:
    """What is there now; no temporary file is."""
    assert sorted(path.name for path in folder.glob("*.*")) == ["google.ics", "planning.ics"]
    return bodies(folder), rows(folder)


@pytest.mark.parametrize("step", HELD)
def test_the_second_waits(folder: Path, begin: Began, tmp_path_factory: pytest.TempPathFactory, step: str) -> None:
    """Until the first has ended, wherever in its work that is: then it goes on from what the first left."""
    first, second = begin("B", 1), begin("A", 2)
    first.go_on()
    first.reach(step)
    before = bodies(folder)
    second.go_on(3)
    sleep(0.5)
    assert second.process.poll() is None
    assert bodies(folder) == before
    assert [first.end(), second.end()] == ["done", "done"]
    assert found(folder) == in_order(tmp_path_factory.mktemp("order") / "x", ("B", 1), ("A", 2))


@pytest.mark.parametrize("step", HELD)
def test_the_second_does_not_wait_for_ever(
    folder: Path, begin: Began, tmp_path_factory: pytest.TempPathFactory, step: str
) -> None:
    """It says that there is another run, and has changed nothing."""
    first, second = begin("B", 1), begin("A", 2, "--patience", "0.2")
    first.go_on()
    first.reach(step)
    assert second.end() == "AnotherRun"
    assert first.end() == "done"
    assert found(folder) == in_order(tmp_path_factory.mktemp("order") / "x", ("B", 1))


def test_both_at_the_same_moment(folder: Path, begin: Began, tmp_path_factory: pytest.TempPathFactory) -> None:
    """They end well, and all that is there is what one order of the two gives."""
    runs = [("B", 1), ("A", 2)]
    both = [begin(*run) for run in runs]
    for one in both:
        one.go_on(3)
    assert [one.end() for one in both] == ["done", "done"]
    orders = tmp_path_factory.mktemp("orders")
    one_way, other_way = in_order(orders / "x", *runs), in_order(orders / "y", *reversed(runs))
    assert one_way != other_way
    assert found(folder) in (one_way, other_way)


def test_both_make_the_ledger(tmp_path: Path, begin: Began) -> None:
    """Where there was none, the first of two makes it, and the second uses it."""
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        path.unlink()
    both = [begin("A", 1), begin("A", 1)]
    for one in both:
        one.go_on(3)
    assert [one.end() for one in both] == ["done", "done"]
    assert len(rows(tmp_path)["calendars"]) == 2


@pytest.mark.parametrize("step", HELD)
def test_a_killed_run_blocks_no_one(
    folder: Path, begin: Began, tmp_path_factory: pytest.TempPathFactory, step: str
) -> None:
    """Who waits for it goes on at once: the lock died with it. What it had committed counts."""
    killed, waiting = begin("B", 1), begin("A", 2)
    killed.go_on()
    killed.reach(step)
    waiting.go_on(3)
    sleep(0.2)
    killed.process.kill()
    began = monotonic()
    assert waiting.end() == "done"
    assert monotonic() - began < 10
    counted = [("B", 1)] if step == "writing" else []
    assert found(folder) == in_order(tmp_path_factory.mktemp("order") / "x", *counted, ("A", 2))
