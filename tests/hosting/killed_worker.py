"""Workers that are killed, each at its own point: `python -m tests.hosting.killed_worker ADDRESS FOLDER`.

Each of them reads the planning of a new student; its process is a copy of this one, which has read one before.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.turns import Turns
from scraper.publishing.ledger.ledger import LedgerTransaction
from tests.hosting.service import HostedService, PortalInMemory


def kill(*_: object, **_named: object) -> None:
    """Kill this process, as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def run_and_kill(work: Callable[..., object]) -> Callable[..., None]:
    """Wrap a function so that the process is killed after it."""

    def both(*arguments: object, **named: object) -> None:
        work(*arguments, **named)
        kill()

    return both


POINTS: dict[str, Any] = {
    "logged-in": patch.object(PortalInMemory, "_session", kill),
    "recorded": patch("scraper.hosting.reading.read", kill),
    "rendered": patch("scraper.hosting.reading.notify_feeds", kill),
    "committed": patch.object(LedgerTransaction, "commit", run_and_kill(LedgerTransaction.commit)),
    "finished": patch.object(Turns, "finish", run_and_kill(Turns.finish)),
}
"""Where a worker is killed."""


def main(address: str, folder: str) -> None:
    """Let a worker be killed at each point; write the signals that ended them."""
    service = HostedService(engine=create_database_engine(address), address=address, folder=Path(folder))
    service.add_student(len(POINTS) + 1)
    service.work()

    def work(number: int, point: AbstractContextManager[object]) -> None:
        service.add_student(number)
        with point:
            service.work()

    work_in_children(service, POINTS.values(), work)


def work_in_children(service: HostedService, points: Iterable[Any], work: Callable[[int, Any], None]) -> None:
    """Call the function with the number of each point, from 1, and the point, in a child; write how they ended."""
    service.engine.dispose()  # a connection belongs to one process
    ends = []
    for number, point in enumerate(points, 1):
        if not (child := os.fork()):
            work(number, point)
            os._exit(0)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.stdout.write(" ".join(map(str, ends)))


if __name__ == "__main__":
    main(*sys.argv[1:])
