"""A worker of the service: it runs jobs with its own browser, and beside them a scheduler and a sender of notices."""

from collections.abc import Mapping
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from threading import Event

from sqlalchemy import Engine, func, select

from scraper.config.configuration import Config
from scraper.config.schools.school_files import load_school
from scraper.errors import DatabaseUnavailable
from scraper.hosting.database.engine import open_database
from scraper.hosting.database.migrate import check_database
from scraper.hosting.keys import load_identities
from scraper.hosting.logs import configure_logs, log_failure
from scraper.hosting.notice_sender import NoticeSender
from scraper.hosting.politeness.limits import PortalLimits
from scraper.hosting.portal_sessions import PortalSessions
from scraper.hosting.portal_visits import Visits
from scraper.hosting.queue import Queue
from scraper.hosting.reading import PlanningReader
from scraper.hosting.scheduler import Scheduler
from scraper.hosting.sealing import Opener, Sealer
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.shared_browser import PortalVisitor, SharedBrowser
from scraper.hosting.sign_in import SignInRunner, recover_sign_ins
from scraper.hosting.turns import Turns
from scraper.system.repeat import repeat, run_beside

TICK_SECONDS = 5.0
"""Seconds between two looks at what is due."""
RECOVERY_LOCK = 0x41757270
"""The number of the lock in the database under which lost sign-ins are queued again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker with everything that its jobs need. `portal` is how it reads plannings, normally its browser."""

    settings: HostingSettings
    engine: Engine
    portal: PortalVisitor

    @property
    def queue(self) -> Queue:
        """The queue of the service."""
        return Queue(self.settings.database)

    @property
    def turns(self) -> Turns:
        """The turns of all students."""
        return Turns(self.engine, self.settings)

    @property
    def notice_sender(self) -> NoticeSender:
        """What notifies the students."""
        return NoticeSender(engine=self.engine, settings=self.settings, opener=Opener(self.settings.keys))

    def run(self, *, wait: bool = True) -> None:
        """Run jobs until the process is asked to end, and finish the running one; without `wait`, until none is left.

        Raise SettingsError where the keys are missing or damaged.
        """
        load_identities(self.settings.keys)
        opener, sealer = Opener(self.settings.keys), Sealer(self.settings.keys)
        sessions = PortalSessions(self.engine, opener, sealer)
        limits = PortalLimits(self.engine, self.settings)
        visits = Visits(engine=self.engine, limits=limits, opener=opener, portal=self.portal)
        reader = PlanningReader(
            engine=self.engine, settings=self.settings, turns=self.turns, sessions=sessions, visits=visits
        )
        sign_ins = SignInRunner(engine=self.engine, turns=self.turns, sessions=sessions, visits=visits)
        with run_beside(self.schedule, self.notice_sender.run) if wait else nullcontext():
            self.queue.run_worker(reader.run_turn, sign_ins.run_sign_in, wait=wait)

    def tick(self, scheduler: Scheduler) -> None:
        """Enqueue what is due, and what a worker that died or an emptied queue has left. Raise SQLAlchemyError."""
        scheduler.tick()
        with self.engine.begin() as connection:
            if connection.scalar(select(func.pg_try_advisory_xact_lock(RECOVERY_LOCK))):
                recover_sign_ins(connection, self.queue)

    def schedule(self, stop: Event) -> None:
        """Enqueue what is due every few seconds until `stop` is set; a failure is logged."""
        scheduler = Scheduler(self.engine, self.settings, self.queue)
        repeat(lambda: self.tick(scheduler), TICK_SECONDS, stop, partial(log_failure, "scheduler"))


def run_hosted_worker(settings: HostingSettings, environment: Mapping[str, str]) -> None:
    """Run a worker with a browser until the process is asked to end. Raise AurionError."""
    configure_logs()
    config = Config(environment=environment)
    own = config.settings()
    schools = [load_school(one) for one in settings.schools]
    browser = SharedBrowser(
        schools=schools, access=config.network_access(), path=own.browser, sandbox=own.sandbox,
        timeout=own.timeout,
    )  # fmt: skip
    with open_database(settings.database) as engine:
        with suppress(DatabaseUnavailable):  # the jobs wait for it
            check_database(engine)
        with closing(browser):
            Worker(settings=settings, engine=engine, portal=browser).run()
