"""Workers that are killed, each at its own point: `python -m tests.hosting.killed_worker ADDRESS FOLDER`.

Each of them reads the planning of a new student; its process is a copy of this one, which has imported everything.
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


def die(*_: object, **_named: object) -> None:
    """End as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(work: Callable[..., object]) -> Callable[..., None]:
    """Do the work, then die."""

    def both(*arguments: object, **named: object) -> None:
        work(*arguments, **named)
        die()

    return both


POINTS: dict[str, Any] = {
    "logged-in": patch.object(PortalInMemory, "_session", die),
    "recorded": patch("scraper.hosting.reading.read", die),
    "rendered": patch("scraper.hosting.reading.notify_feeds", die),
    "committed": patch.object(LedgerTransaction, "commit", then_die(LedgerTransaction.commit)),
    "finished": patch.object(Turns, "finish", then_die(Turns.finish)),
}
"""Where a worker is killed."""


def main(address: str, folder: str) -> None:
    """Let a worker die at each point; write the signals that ended them."""

    def die_at(number: int, point: AbstractContextManager[object]) -> None:
        service = HostedService(engine=create_database_engine(address), address=address, folder=Path(folder))
        work(service, number, point)

    let_die(POINTS.values(), die_at)


def let_die(points: Iterable[Any], die_at: Callable[[int, Any], None]) -> None:
    """Call the function with each point and its number, from 1, in a child; write the signals that ended them."""
    ends = []
    for number, point in enumerate(points, 1):
        if not (child := os.fork()):
            die_at(number, point)
            os._exit(0)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    sys.stdout.write(" ".join(map(str, ends)))


def work(service: HostedService, number: int, point: AbstractContextManager[object]) -> None:
    """Add a student and work until the point."""
    service.add_student(number)
    with point:
        service.work()


if __name__ == "__main__":
    main(*sys.argv[1:])
