"""Work of a background thread goes on after a failure."""

from threading import Event

from scraper.errors import StateError
from scraper.system.repeat import repeat


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
