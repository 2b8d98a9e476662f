"""Work of a background thread that is repeated until the program ends."""

from collections.abc import Callable
from threading import Event


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
