"""A service with a worker that reads the plannings of a portal in memory."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Lock
from uuid import UUID

from sqlalchemy import Engine, Row, func, select, update

from scraper.config.schools.school_files import load_school
from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.domain.recording import Proof, Recording, Window
from scraper.errors import AurionError, WrongCredentials
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.service_tables import sign_in, turn
from scraper.hosting.hosted_worker import Worker
from scraper.hosting.keys import create_keys, load_web_keys
from scraper.hosting.queue import create_queue_tables
from scraper.hosting.scheduler import Scheduler
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.shared_browser import PortalAccess, PortalVisitor
from scraper.hosting.students import Students
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.system.session_file import SavedSession
from tests.factories import capture, partial_response
from tests.hosting.demo_students import ROOM, lessons_of, login_of, password_of
from tests.hosting.hosted import add_student, hosting_settings, submit_sign_in

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
FAST = {"day_rate": 10, "night_rate": 10, "sessions": 10}


@dataclass(slots=True)
class PortalInMemory:
    """A portal that knows the demo's students; `passwords` are those that differ, `fault` is raised at each visit.

    `sent` counts how often each password was sent. `before_answer` is called within each visit. All lessons are in the
    `room`.
    """

    passwords: dict[int, str] = field(default_factory=dict)
    fault: AurionError | None = None
    before_answer: Callable[[], None] = lambda: None
    exchanges: int = 1
    room: str = ROOM
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    sessions: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def log_in(self, access: PortalAccess) -> SavedSession | None:
        """Log in with the password."""
        self._enter(access)
        return self._session(access.credentials.login)

    def record(self, access: PortalAccess, period: Period) -> tuple[Recording, SavedSession | None]:
        """Return the planning of the student who logs in."""
        self._enter(access)
        number = self._number(access.credentials.login)
        zone = access.school.zone
        monday = datetime.combine(period.first + timedelta(days=1), time(8), zone)
        body = partial_response(json.dumps({"events": lessons_of(number, monday)}).replace(ROOM, self.room))
        window = Window(start=period.start(zone), end=period.end(zone))
        recording = Recording(
            school=access.school, period=period, taken_at=NOW, proved=(Proof(period=period, capture=0),),
            captures=(capture(body, NOW, window),),
        )  # fmt: skip
        return recording, self._session(access.credentials.login)

    def _enter(self, access: PortalAccess) -> None:
        for _ in range(self.exchanges):
            access.throttle()
        if self.fault:
            raise self.fault
        self.before_answer()
        login, password = access.credentials.login, access.credentials.password
        if access.saved and login in self.sessions:
            return
        with self._lock:
            self.sent[login, password] += 1
        number = self._number(login)
        if not number or password != self.passwords.get(number, password_of(number)):
            access.on_verdict("refused")
            raise WrongCredentials(detail="Login ou mot de passe invalide")
        access.on_verdict("accepted")
        self.sessions.add(login)

    @staticmethod
    def _number(login: str) -> int:
        digits = "".join(sign for sign in login.partition("@")[0] if sign.isdigit())
        return int(digits or 0)

    @staticmethod
    def _session(login: str) -> SavedSession:
        return SavedSession(login=login, address=load_school("junia").base_url)


@dataclass(slots=True, kw_only=True)
class HostedService:
    """A service with its keys in a folder, its database, and a portal in memory."""

    engine: Engine
    address: str
    folder: Path
    portal: PortalVisitor = field(default_factory=PortalInMemory)
    ntfy_servers: Sequence[str] = ("https://ntfy.sh",)
    settings: HostingSettings = field(init=False)

    def __post_init__(self) -> None:
        """Create the keys and the queue."""
        create_keys(self.folder / "keys")
        create_queue_tables(self.engine)
        self.settings = hosting_settings(
            database=self.address, keys=self.folder / "keys", feeds=self.folder / "feeds",
            politeness={"junia": FAST}, ntfy_servers=self.ntfy_servers,
        )  # fmt: skip

    @property
    def worker(self) -> Worker:
        """A worker."""
        return Worker(settings=self.settings, engine=self.engine, portal=self.portal)

    def submit(self, number: int, password: str = "") -> UUID:
        """Store a sign-in of a student, as the web server does; return its id."""
        credentials = Credentials(login=login_of(number), password=password or password_of(number))
        return submit_sign_in(self.engine, self.address, self.settings.keys, credentials)

    def login_digest(self, number: int) -> bytes:
        """The digest of a student's login."""
        return load_web_keys(self.settings.keys).login_digest("junia", login_of(number))

    def owner(self, number: int) -> UUID:
        """The id of a student."""
        found = Students(self.engine).find_by_digest(self.login_digest(number))
        assert found is not None
        return found.id

    def add_student(self, number: int) -> UUID:
        """Add a student as an accepted sign-in does; return the id."""
        credentials = Credentials(login=login_of(number), password=password_of(number))
        one = add_student(self.engine, self.settings.keys, credentials, NOW)
        self.worker.turns.add(one, "junia")
        return one

    def work(self) -> None:
        """Enqueue what is due and run all jobs."""
        worker = self.worker
        worker.tick(Scheduler(self.engine, self.settings, worker.queue))
        worker.run(wait=False)

    def read_again(self) -> None:
        """Read the plannings of all active students."""
        with self.engine.begin() as connection:
            connection.execute(update(turn).values(due_at=func.clock_timestamp()))
        self.work()

    def sign_in(self, one: UUID) -> Row[tuple[object, ...]]:
        """The row of a sign-in."""
        with self.engine.connect() as connection:
            return connection.execute(select(sign_in).where(sign_in.c.id == one)).one()

    def turn(self, student_id: UUID) -> Row[tuple[object, ...]]:
        """The row of a student's turn."""
        with self.engine.connect() as connection:
            return connection.execute(select(turn).where(turn.c.student == student_id)).one()

    def calendar(self, student_id: UUID) -> str:
        """The calendar that was published last for a student; empty where there is none."""
        ledger = HostedLedger(self.engine, student_id, load_school("junia").zone)
        if not ledger.exists():
            return ""
        with ledger.reading() as transaction:
            return (transaction.last_body(AS_THE_FILE.file_name) or b"").decode()
