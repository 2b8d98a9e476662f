"""Workers that are killed while they notify: `python -m tests.hosting.killed_notice_sender ADDRESS FOLDER SERVER`.

Each of them has a student of its own. The lessons of that student change room before the worker is killed at its point.
"""

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.notice_sender import NoticeSender, deliver
from scraper.hosting.notices import NoticeWriter
from tests.hosting.killed_worker import POINTS as READING
from tests.hosting.killed_worker import kill, run_and_kill, work_in_children
from tests.hosting.notified import NotifiedService

ROOM = "IC9_999"
POINTS: dict[str, Any] = {
    "published": READING["committed"],
    "read": READING["finished"],
    "claimed": patch.object(NoticeSender, "_claim", run_and_kill(NoticeSender._claim)),
    "written": patch.object(NoticeWriter, "write", kill),
    "before": patch("scraper.hosting.notice_sender.deliver", kill),
    "sent": patch("scraper.hosting.notice_sender.deliver", run_and_kill(deliver)),
    "finished": patch.object(NoticeSender, "_finish", run_and_kill(NoticeSender._finish)),
}
"""Where a worker is killed. At `before` the message counts as sent."""


def main(address: str, folder: str, server: str) -> None:
    """Let a worker be killed at each point."""
    engine = create_database_engine(address)
    service = NotifiedService(engine=engine, address=address, folder=Path(folder), ntfy_servers=[server])
    service.set_up(len(POINTS) + 1)

    def work(number: int, point: AbstractContextManager[object]) -> None:
        service.set_up(number)
        service.portal.room = ROOM
        if point not in READING.values():
            service.read_again()
        with point:
            service.read_again()
            service.send()

    with patch("scraper.hosting.queue.STALLED_SECONDS", 10**6):  # none repeats a reading of another one
        work_in_children(service, POINTS.values(), work)


if __name__ == "__main__":
    main(*sys.argv[1:])
