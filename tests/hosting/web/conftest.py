"""The web tier of the service on a port of this machine, with a database, keys and a feed folder of its own."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import Engine, update

from scraper.config.schools.school_files import load_school
from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.errors import AurionError
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.database.service_tables import sign_in
from scraper.hosting.keys import create_keys
from scraper.hosting.queue import Queue, create_queue_tables
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.stored_error import error_to_row
from scraper.hosting.student_addresses import Subscriptions
from scraper.hosting.student_calendars import calendar_targets, student_settings
from scraper.hosting.web.hosted_app import hosted_application
from scraper.hosting.web.hosted_server import create_state
from scraper.hosting.web.hosted_state import HostedState
from scraper.parsing.read import read
from scraper.publishing.publish import PublishOptions, publish
from scraper.web.server import create_server, listen, run_server
from tests.hosting.hosted import add_student
from tests.http_requests import Answer, asked
from tests.publishing.ledger.runs import Lesson, recorded

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEK = Period(first=date(2026, 11, 23), last=date(2026, 12, 6))
SCHOOL = "junia"
HOST = "agenda.bde.example"
LOGIN, PASSWORD = "jeanne.exemple", "Exemple-Passe-1"


class MovedClock:
    """A clock that a test moves."""

    now = NOW

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def pass_by(self, **time: float) -> None:
        """Move the clock."""
        self.now += timedelta(**time)


@dataclass(slots=True, kw_only=True)
class Browser:
    """A browser with its cookie jar; `address` is its network address, as the proxy reports it."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = "198.51.100.7"
    name: str = "__Host-aurion"

    def get(self, path: str, **headers: str) -> Answer:
        """Get a page."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, /, *, page: str = "", **form: str) -> Answer:
        """Submit a form of the service, which is read from a page first."""
        found = re.search(r'name="form_token" value="([^"]+)"', self.get(page or path).text)
        return self.ask("POST", path, form={"form_token": found[1] if found else "", **form})

    def ask(
        self, method: str, path: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request; the cookies of the answer are kept."""
        sent = {
            "Host": HOST if self.name.startswith("__") else "127.0.0.1",
            "Accept-Language": "en",
            "X-Forwarded-For": self.address,
            "X-Forwarded-Proto": "https",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **(headers or {}),
        }
        sent = {name.replace("_", "-"): value for name, value in sent.items()}
        body = None if form is None else urlencode(form)
        if body is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        answer = asked(f"127.0.0.1:{self.port}", method, path, sent, body)
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "max-age=0" in cookie.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')
        return answer


@dataclass(slots=True, kw_only=True)
class HostedService:
    """The running web tier, and what a test needs of the worker."""

    state: HostedState
    port: int

    def browser(self, **values: str) -> Browser:
        """Return a new browser."""
        return Browser(port=self.port, name=self.state.cookie_name, **values)  # type: ignore[arg-type]

    def accept(self, login: str = LOGIN) -> UUID:
        """Accept the waiting sign-in of that login, as a worker does after the portal did."""
        digest = self.state.keys.login_digest(SCHOOL, login)
        known = self.state.students.find_by_digest(digest)
        student = known.id if known else self.add_student(login)
        self.end_sign_in(login, state="accepted", student=student)
        return student

    def end_sign_in(self, login: str = LOGIN, **values: object) -> None:
        """Write how the sign-in of that login ended."""
        if isinstance(error := values.get("error"), AurionError):
            values["error"] = error_to_row(error)
        own = sign_in.c.login_digest == self.state.keys.login_digest(SCHOOL, login)
        with self.state.engine.begin() as connection:
            connection.execute(update(sign_in).where(own).values(**values))

    def add_student(self, login: str = LOGIN) -> UUID:
        """Add a student as after a sign-up; return the id."""
        credentials = Credentials(login=login, password=PASSWORD)
        return add_student(self.state.engine, self.state.settings.keys, credentials, self.state.clock())

    def publish(self, owner: UUID, lessons: Iterable[Lesson], *, is_checked: bool = False) -> None:
        """A reading of the student's planning, published as a worker does; most lessons may go unless it is checked."""
        school, student = load_school(SCHOOL), self.state.students.get(owner)
        assert student
        recording = recorded(lessons, WEEK, None, school, self.state.clock())
        chosen = student_settings(school, student.language, 6, student.settings)
        known = (one.calendar for one in Subscriptions(self.state.engine).of_student(owner))
        ledger = HostedLedger(self.state.engine, owner, school.zone)
        options = PublishOptions(now=self.state.clock(), allow_mass_removal=not is_checked)
        publish(read(recording), school, calendar_targets(school, chosen, known), ledger, options)
        self.state.feeds.update(owner)

    def log_in(self, login: str = LOGIN) -> Browser:
        """Return a browser in which a student, new or known, is logged in."""
        known = self.state.students.find_by_digest(self.state.keys.login_digest(SCHOOL, login))
        browser = self.browser()
        student = known.id if known else self.add_student(login)
        browser.cookies[browser.name] = self.state.sessions.create(student, self.state.clock())
        return browser


@pytest.fixture
def clock() -> MovedClock:
    """A clock at noon."""
    return MovedClock()


@pytest.fixture
def hosting_settings(tmp_path: Path, database_address: str) -> HostingSettings:
    """The settings of a service for one school; a test may have others."""
    return HostingSettings(
        association="BDE Exemple", contact="agenda@bde.example", address=f"https://{HOST}", schools=(SCHOOL,),
        database=database_address, keys=tmp_path / "keys", feeds=tmp_path / "feeds", fetch_log=tmp_path / "fetches.log",
admins=(f"{SCHOOL}/chef.exemple",),
    )  # fmt: skip


@pytest.fixture
def service(
    hosting_settings: HostingSettings, engine: Engine, clock: MovedClock, stopping: list[Thread]
) -> Iterator[HostedService]:
    """The web tier, with an empty database."""
    create_queue_tables(engine)
    create_keys(hosting_settings.keys)
    hosting_settings.feeds.mkdir()
    state = create_state(hosting_settings, engine, Queue(hosting_settings.database), clock)
    listening = listen("127.0.0.1", 0)
    server = create_server(hosted_application(state))
    thread = Thread(target=run_server, args=(server, listening))
    thread.start()
    yield HostedService(state=state, port=listening.getsockname()[1])
    server.should_exit = True
    stopping.append(thread)
