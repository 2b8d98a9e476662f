"""Concurrent runs with the same calendars and ledger: one waits for the other, or reports it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.publishing.ledger.publishing import bodies, published, rows
from tests.publishing.ledger.publishing_process import LOCKED_STEPS, PublishingProcess

pytestmark = pytest.mark.slow

Begin = Callable[..., PublishingProcess]
InOrder = Callable[..., object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which planning A is published."""
    published(tmp_path, "A", 0)
    return tmp_path


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    """Begin runs in the folder; each stops before it reads the planning."""
    begun: list[PublishingProcess] = []

    def begin(*given: object) -> PublishingProcess:
        begun.append(PublishingProcess(folder, *given))  # type: ignore[arg-type]
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()


@pytest.fixture
def run_in_order(tmp_path_factory: pytest.TempPathFactory) -> InOrder:
    """Return the result of runs after planning A, one after the other in a folder of their own."""

    def run_in_order(*runs: tuple[str, int]) -> object:
        folder = tmp_path_factory.mktemp("order")
        for version, day in (("A", 0), *runs):
            published(folder, version, day)
        return bodies(folder), rows(folder)

    return run_in_order


def current_state(folder: Path) -> object:
    """Return the calendars and the ledger; check that there is no temporary file."""
    assert sorted(path.name for path in folder.glob("*.*")) == ["google.ics", "planning.ics"]
    return bodies(folder), rows(folder)


@pytest.mark.parametrize("step", LOCKED_STEPS)
def test_second_run_waits_for_the_ledger_lock(folder: Path, begin: Begin, run_in_order: InOrder, step: str) -> None:
    """The second run continues from the result of the first, whatever step that was at."""
    first, second = begin("B", 1), begin("A", 2)
    first.go_on()
    first.reach(step)
    before = bodies(folder)
    second.go_on(3)
    assert second.is_waiting(0.2)
    assert bodies(folder) == before
    assert [first.end(), second.end()] == ["done", "done"]
    assert current_state(folder) == run_in_order(("B", 1), ("A", 2))


@pytest.mark.parametrize("step", LOCKED_STEPS)
def test_second_run_ends_after_its_patience(folder: Path, begin: Begin, run_in_order: InOrder, step: str) -> None:
    """The error is AnotherRun, and the run has changed nothing."""
    first, second = begin("B", 1), begin("A", 2, 0.2)
    first.go_on()
    first.reach(step)
    assert second.end() == "AnotherRun"
    assert first.end() == "done"
    assert current_state(folder) == run_in_order(("B", 1))


def test_concurrent_runs_are_done_in_one_order(folder: Path, begin: Begin, run_in_order: InOrder) -> None:
    """Both succeed, and the result is that of one order of the two."""
    runs = [("B", 1), ("A", 2)]
    both = [begin(*run) for run in runs]
    for one in both:
        one.go_on(3)
    assert [one.end() for one in both] == ["done", "done"]
    one_way, other_way = run_in_order(*runs), run_in_order(*reversed(runs))
    assert one_way != other_way
    assert current_state(folder) in (one_way, other_way)


def test_concurrent_first_runs_create_one_ledger(tmp_path: Path, begin: Begin) -> None:
    """The first one creates the ledger, and the second one uses it."""
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        path.unlink()
    both = [begin("A", 1), begin("A", 1)]
    for one in both:
        one.go_on(3)
    assert [one.end() for one in both] == ["done", "done"]
    assert len(rows(tmp_path)["calendars"]) == 2


@pytest.mark.parametrize("step", LOCKED_STEPS)
def test_killed_run_releases_the_lock(folder: Path, begin: Begin, run_in_order: InOrder, step: str) -> None:
    """The waiting run continues at once; what the killed run committed counts."""
    killed, waiting = begin("B", 1), begin("A", 2)
    killed.go_on()
    killed.reach(step)
    waiting.go_on(3)
    assert waiting.is_waiting(0.1)
    killed.kill()
    assert waiting.end() == "done"
    counted = [("B", 1)] if step == "writing" else []
    assert current_state(folder) == run_in_order(*counted, ("A", 2))
