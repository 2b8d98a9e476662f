"""The scheduler: decides which turns become jobs. Every worker runs one; together they do what one does.

A tick works in one transaction under one lock: a second scheduler that comes meanwhile does nothing. Only a few turns
at a time become jobs, so that a click is not behind a whole class, and a pause of the portal stops nearly everything.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select

from scraper.hosting.classes import make_canaries_due, update_classes
from scraper.hosting.database.clock import DATABASE_CLOCK, Clock, read_clock
from scraper.hosting.database.service_tables import exchange_count, portal, turn
from scraper.hosting.politeness.limits import is_paused
from scraper.hosting.politeness.portal_hours import is_daytime, last_night, portal_zone
from scraper.hosting.priority import Priority
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.turns import LOCK, add_missing_turns, claim_due_turns, release_lost_turns

JOBS_PER_SESSION = 2
CLASSES_AFTER = timedelta(hours=1)


class JobQueue(Protocol):
    """What the scheduler needs of the queue; a simulation has its own."""

    def enqueue_turns(self, connection: Connection, turns: Iterable[tuple[UUID, int]]) -> None:
        """Add a job for each claimed turn."""

    def students(self, connection: Connection) -> set[UUID]:
        """Return the students with a job for their turn."""

    def remove_dead_jobs(self, connection: Connection) -> None:
        """Delete the jobs of workers that died."""


@dataclass(slots=True)
class Scheduler:
    """Makes jobs of due turns, within the limits of each portal."""

    engine: Engine
    settings: HostingSettings
    queue: JobQueue
    clock: Clock = DATABASE_CLOCK
    _classes_at: dict[str, datetime] = field(default_factory=dict)

    def tick(self) -> int:
        """Enqueue what is due and allowed; return how many jobs were added. Call it every few seconds."""
        with self.engine.begin() as connection:
            if not connection.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar_one():
                return 0
            self.queue.remove_dead_jobs(connection)
            known = self.queue.students(connection)
            add_missing_turns(connection, self.clock)
            release_lost_turns(connection, self.clock, known)
            jobs = select(turn.c.portal, func.count().filter(turn.c.student.in_(known))).group_by(turn.c.portal)
            return sum(self._serve(connection, name, count, known) for name, count in connection.execute(jobs).all())

    def _serve(self, connection: Connection, name: str, jobs: int, known: Collection[UUID]) -> int:
        """Enqueue the turns of one portal, except of students with a job."""
        now, limits = read_clock(connection, self.clock), self.settings.politeness_for(name)
        self._form_classes(connection, name, now)
        paused = connection.execute(select(portal.c.paused_until, portal.c.pauses).where(portal.c.id == name)).first()
        room = limits.sessions * JOBS_PER_SESSION - jobs
        if room <= 0 or (paused and is_paused(paused.paused_until, now)):
            return 0
        if is_daytime(now, limits, portal_zone(name)):
            make_canaries_due(connection, self.clock, name)
        used = self._exchanges(connection, name, now)
        at_least = Priority.NIGHT if used < limits.daily_exchanges else Priority.CLICK
        after_pause = paused is not None and paused.pauses > 0
        claimed = claim_due_turns(
            connection, self.clock, name, room, known, at_least=at_least, after_pause=after_pause
        )  # fmt: skip
        self.queue.enqueue_turns(connection, claimed)
        return len(claimed)

    def _form_classes(self, connection: Connection, name: str, now: datetime) -> None:
        """Form the classes again from time to time; a clock that was set back does not delay that."""
        last = self._classes_at.get(name)
        if last is None or not last <= now < last + CLASSES_AFTER:
            update_classes(connection, self.clock, name)
            self._classes_at[name] = now

    def _exchanges(self, connection: Connection, name: str, now: datetime) -> int:
        """Return the exchanges with the portal since the last night began, by whole hours."""
        since = last_night(now, name, self.settings)
        counted = select(func.coalesce(func.sum(exchange_count.c.count), 0)).where(
            exchange_count.c.portal == name, exchange_count.c.hour >= since
        )
        return int(connection.execute(counted).scalar_one())
