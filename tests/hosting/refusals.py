"""Many refused passwords at once, as on the day when they change: `python -m tests.hosting.refusals [COUNT]`.

Scheduler, turns, limits and the worker's reading are the real ones, on PostgreSQL; clock and portal are simulated.
"""

import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from sqlalchemy import Engine, func, select

from scraper.domain.planning import Period
from scraper.errors import WrongCredentials
from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.database.migrate import upgrade_database
from scraper.hosting.database.service_tables import student
from scraper.hosting.politeness.limits import PortalLimits
from scraper.hosting.portal_sessions import PortalSessions
from scraper.hosting.portal_visits import Visits
from scraper.hosting.reading import PlanningReader
from scraper.hosting.scheduler import Scheduler
from scraper.hosting.sealing import Opener, Sealer
from scraper.hosting.shared_browser import PortalAccess
from scraper.hosting.turns import Turns
from tests.hosting.hosted import ListQueue, SimulatedClock
from tests.hosting.postgres import running_postgres
from tests.hosting.service import HostedService, PortalInMemory

COUNT = 10_000
DIES_EVERY = 7
DAYS = 3


class Died(BaseException):
    """The end of a worker by a signal."""


@dataclass(slots=True)
class RefusingPortal(PortalInMemory):
    """A portal that refuses every password; the worker dies after some of the answers."""

    def record(self, access: PortalAccess, period: Period) -> NoReturn:
        """Refuse the password."""
        del period
        access.throttle()
        login = access.credentials.login
        self.sent[login, access.credentials.password] += 1
        access.on_verdict("refused")
        if len(self.sent) % DIES_EVERY == 0:
            raise Died
        raise WrongCredentials(detail="Login ou mot de passe invalide")


def refuse_all(engine: Engine, address: str, folder: Path, count: int) -> Counter[int]:
    """Read the plannings of so many students for some days; return how many passwords were sent how often.

    Each student clicks on Update each day, and the queue is emptied each day.
    """
    portal, queue, clock = RefusingPortal(), ListQueue(), SimulatedClock(datetime.now(UTC) + timedelta(hours=1))
    service = HostedService(engine=engine, address=address, folder=folder, portal=portal)
    settings = service.settings
    students = [service.add_student(number) for number in range(1, count + 1)]
    opener, turns = Opener(settings.keys), Turns(engine, settings, clock)
    limits = PortalLimits(engine, settings, clock, clock.pass_, clock.monotonic)
    reader = PlanningReader(
        engine=engine, settings=settings, turns=turns, sessions=PortalSessions(engine, opener, Sealer(settings.keys)),
        visits=Visits(engine=engine, limits=limits, opener=opener, portal=portal),
    )  # fmt: skip
    scheduler = Scheduler(engine, settings, queue, clock)
    for _ in range(DAYS):
        while scheduler.tick():
            for one in [*queue.jobs]:
                try:
                    reader.run_turn(one)
                except Died:
                    clock.pass_(minutes=5)
                queue.jobs.pop(one)
        for one in students:
            turns.request_update(one)
        scheduler.tick()
        queue.jobs.clear()
        clock.pass_(days=1)
    with engine.connect() as connection:
        refused = connection.scalar(select(func.count()).where(student.c.state == "refused"))
    assert refused == count
    return Counter(portal.sent.values())


def main(count: int) -> None:
    """Refuse all passwords and write how often each was sent."""
    with running_postgres() as server, TemporaryDirectory() as folder:
        address = server.address(server.create_database())
        engine = create_database_engine(address)
        upgrade_database(engine)
        for times, passwords in refuse_all(engine, address, Path(folder), count).items():
            sys.stdout.write(f"{passwords:,} passwords were refused after {times} try each\n")
        engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
