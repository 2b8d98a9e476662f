"""A worker that is killed at a point: `python -m tests.hosting.killed_worker ADDRESS FOLDER POINT`."""

import os
import signal
import sys
from collections.abc import Callable
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


def main(address: str, folder: str, point: str) -> None:
    """Work until the point."""
    engine = create_database_engine(address)
    service = HostedService(engine=engine, address=address, folder=Path(folder))
    with POINTS[point]:
        service.work()


if __name__ == "__main__":
    main(*sys.argv[1:])
