"""Students, a clock and a service for the tests of the hosting."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, Row, insert, literal, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from scraper.domain.credentials import Credentials
from scraper.hosting.database.service_tables import MOMENT, sign_in, student, turn
from scraper.hosting.keys import load_web_keys
from scraper.hosting.politeness.limits import PortalLimits
from scraper.hosting.queue import Queue
from scraper.hosting.scheduler import Scheduler
from scraper.hosting.sealing import Sealer
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.service_status import read_status
from scraper.hosting.students import Students
from scraper.hosting.turns import Turns

SCHOOL = "junia"
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
"""A Monday at ten o'clock in Paris."""


def hosting_settings(**values: object) -> HostingSettings:
    """Return the settings of a service."""
    given = {"association": "BDE", "contact": "bde@example.org", "address": "https://a.example.org"}
    return HostingSettings.model_validate({**given, "schools": (SCHOOL,), **values})


@dataclass(slots=True)
class SimulatedClock:
    """A clock that the test sets; sleeping moves it."""

    now: datetime = MONDAY

    def __call__(self) -> ColumnElement[datetime]:
        """Return the present time as an SQL expression."""
        return literal(self.now, MOMENT)

    def monotonic(self) -> float:
        """Return the seconds of a clock that runs alike."""
        return self.now.timestamp()

    def pass_(self, seconds: float = 0, **units: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds, **units)


@dataclass(slots=True)
class ListQueue:
    """A queue in memory, of jobs with their priorities."""

    jobs: dict[UUID, int] = field(default_factory=dict)

    def enqueue_turns(self, _connection: Connection, turns: Iterable[tuple[UUID, int]]) -> None:
        """Add the jobs; each student has one at most."""
        for one, priority in turns:
            assert one not in self.jobs
            self.jobs[one] = priority

    def students(self, _connection: Connection) -> set[UUID]:
        """Return the students with a job."""
        return set(self.jobs)

    def remove_dead_jobs(self, _connection: Connection) -> None:
        """Do nothing: no worker dies here."""


@dataclass(slots=True)
class Service:
    """A service on a simulated clock, with its queue in memory."""

    engine: Engine
    settings: HostingSettings = field(default_factory=hosting_settings)
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    queue: ListQueue = field(default_factory=ListQueue)

    @property
    def turns(self) -> Turns:
        """The turns of its students."""
        return Turns(self.engine, self.settings, self.clock)

    @property
    def limits(self) -> PortalLimits:
        """Its limits; waiting moves the clock."""
        return PortalLimits(self.engine, self.settings, self.clock, self.clock.pass_, self.clock.monotonic)

    @property
    def scheduler(self) -> Scheduler:
        """A new scheduler."""
        return Scheduler(self.engine, self.settings, self.queue, self.clock)

    def sign_up(self, count: int = 1, school: str = SCHOOL) -> list[UUID]:
        """Add students, with a turn each."""
        found = add_students(self.engine, count, school, self.clock.now)
        for one in found:
            self.turns.add(one, school)
        return found

    def turn(self, student_id: UUID) -> Row[tuple[object, ...]]:
        """Return the row of a student's turn."""
        with self.engine.connect() as connection:
            return connection.execute(select(turn).where(turn.c.student == student_id)).one()

    def exchange(self, holder: UUID, count: int = 1) -> None:
        """Wait, as a browser does, until the exchanges of the holder's session are allowed."""
        self.limits.sleep(self.limits.reserve(SCHOOL, holder, count))

    def paused_until(self) -> datetime | None:
        """Return the end of the portal's pause; None if it has none now."""
        return read_status(self.engine, self.settings, self.clock).portals[0].paused_until

    def set_state(self, student_id: UUID, state: str) -> None:
        """Set a student's state."""
        with self.engine.begin() as connection:
            connection.execute(update(student).where(student.c.id == student_id).values(state=state))


def add_students(engine: Engine, count: int, school: str = SCHOOL, now: datetime = MONDAY) -> list[UUID]:
    """Add active students without a turn."""
    ids = [uuid4() for _ in range(count)]
    common = {
        "school": school, "sealed": b"sealed", "key_version": 1, "state": "active", "language": "fr",
        "created_at": now, "used_at": now,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(student), [{"id": one, "login_digest": one.bytes, **common} for one in ids])
    return ids


def waits_for_a_lock(engine: Engine) -> bool:
    """Return whether a connection to the database waits for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with engine.connect() as connection:
        return bool(connection.scalar(waiting))


def add_student(engine: Engine, keys: Path, credentials: Credentials, now: datetime = MONDAY) -> UUID:
    """Add a student as an accepted sign-in does, without a turn; return the id."""
    one, digest = uuid4(), load_web_keys(keys).login_digest(SCHOOL, credentials.login)
    sealed = Sealer(keys).seal_credentials(one, credentials)
    return Students(engine).add(
        student_id=one, school=SCHOOL, login_digest=digest, sealed=sealed, language="fr", now=now
    )


def submit_sign_in(engine: Engine, address: str, keys: Path, credentials: Credentials, school: str = SCHOOL) -> UUID:
    """Store a sign-in as the web server does; return its id."""
    one = uuid4()
    sealed = Sealer(keys).seal_credentials(one, credentials)
    row = {
        "id": one, "school": school, "login_digest": load_web_keys(keys).login_digest(school, credentials.login),
        "sealed": sealed.body, "key_version": sealed.key_version, "language": "fr", "state": "waiting",
        "at": datetime.now(UTC),
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(sign_in).values(row))
        Queue(address).enqueue_sign_in(connection, one)
    return one
