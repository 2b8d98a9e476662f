"""Work of a background thread goes on after a failure, and ends with its block."""

from threading import Event, Thread

import pytest

from scraper.errors import StateError
from scraper.system.repeat import repeat, run_beside


def test_failure_is_reported_and_the_work_is_repeated() -> None:
    """An expected error and a bug alike; the end is asked for between two times."""
    stop, failures, raised = Event(), [StateError("full"), ValueError("bug"), None], list[Exception]()

    def work() -> None:
        if (failure := failures.pop(0)) is None:
            stop.set()
            return
        raise failure

    repeat(work, 0.001, stop, raised.append)
    assert [type(one) for one in raised] == [StateError, ValueError]
    assert not failures


def test_work_is_not_done_after_the_end() -> None:
    """A thread that starts late does nothing."""
    stop = Event()
    stop.set()
    repeat(lambda: 1 / 0, 60, stop, [].append)


def test_threads_end_with_the_block_also_after_an_error() -> None:
    """Each gets the event that is set at the end, and the block waits for it; the error stays."""
    begun, ended = Event(), list[str]()

    def work(over: Event) -> None:
        begun.set()
        over.wait()
        ended.append("work")

    def fail_beside() -> None:
        with run_beside(work, work):
            begun.wait()
            assert not ended
            raise ValueError("block")

    with pytest.raises(ValueError, match="block"):
        fail_beside()
    assert ended == ["work", "work"]


def test_threads_end_where_the_system_gives_no_further_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the program would not end, and not be started again."""
    ended, start, started = list[str](), Thread.start, list[Thread]()

    def start_one(thread: Thread) -> None:
        if started:
            raise RuntimeError
        started.append(thread)
        start(thread)

    monkeypatch.setattr(Thread, "start", start_one)
    with pytest.raises(RuntimeError), run_beside(*[lambda over: ended.append(str(over.wait(30)))] * 2):
        pass
    started[0].join(60)
    assert ended == ["True"]


def test_thread_that_does_not_end_is_left_behind() -> None:
    """The end of the block waits for it for a limited time only."""
    stop = Event()
    with run_beside(lambda _: stop.wait(), patience=0.01):
        pass
    assert not stop.is_set()
    stop.set()
