"""Work in background threads, until the program ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


def repeat(work: Callable[[], object], seconds: float, stop: Event, report: Callable[[Exception], object]) -> None:
    """Do the work until `stop` is set, with a pause of so many seconds after each time.

    An exception goes to `report` and does not end the repetition: without it a thread would end unnoticed.
    """
    while not stop.is_set():
        try:
            work()
        except Exception as error:  # noqa: BLE001 - one failure must not be the end
            report(error)
        stop.wait(seconds)


@contextmanager
def run_beside(*works: Callable[[Event], None], patience: float | None = None) -> Iterator[None]:
    """Do each work in a thread during the block; each gets an event that is set at the end of the block.

    Then wait for the threads; with `patience`, leave those behind that take more than so many seconds.
    """
    over = Event()
    threads = list[Thread]()
    try:
        for work in works:
            thread = Thread(target=work, args=(over,), daemon=patience is not None)
            thread.start()  # where the system gives no thread, the others end too
            threads.append(thread)
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(patience)
