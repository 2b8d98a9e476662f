"""Faults around a worker: a kill, a lost connection, another worker that hangs, a rotation of keys, a deletion."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from scraper.config.schools.school_files import load_school
from scraper.hosting.connection_times import CONNECTION
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.keys import add_identity
from scraper.hosting.students import Students
from scraper.publishing.ledger.tables import days, events
from tests.hosting.demo_students import OWN, SHARED
from tests.hosting.hosted import waits_for_a_lock
from tests.hosting.killed_worker import POINTS
from tests.hosting.postgres import PostgresServer
from tests.hosting.service import NOW, HostedService, PortalInMemory
from tests.paths import ROOT
from tests.waiting import wait_until


@pytest.mark.slow
def test_killed_workers_lose_and_repeat_nothing(service: HostedService, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next worker finishes their readings; no lesson or calendar is published twice."""
    command = [sys.executable, "-m", "tests.hosting.killed_worker", service.address, str(service.folder)]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert killed.stdout.split() == ["-9"] * len(POINTS), killed.stderr
    monkeypatch.setattr("scraper.hosting.queue.STALLED_SECONDS", 0)
    service.work()
    zone = load_school("junia").zone
    for number in range(1, len(POINTS) + 1):
        owner = service.owner(number)
        row = service.turn(owner)
        assert (row.reason, row.attempts, row.enqueued_at, row.error) == ("night", 0, None, None)
        calendar = service.calendar(owner)
        assert calendar.count("BEGIN:VEVENT") == calendar.count("SEQUENCE:0") == SHARED + OWN
        assert f"Projet de l'étudiant {number}" in calendar
        with HostedLedger(service.engine, owner, zone).reading() as transaction:
            assert len(transaction.published_calendars()) == 1
            assert not transaction.changes()


def test_reading_survives_a_restart_of_the_database(
    service: HostedService, portal: PortalInMemory, postgres: PostgresServer
) -> None:
    """The planning is published, or its turn is due again."""
    owners = [service.add_student(number) for number in (1, 2)]

    def restart() -> None:
        portal.before_answer = lambda: None
        postgres.stop("fast")
        postgres.start()

    portal.before_answer = restart
    for _ in range(3):
        service.work()
    assert [service.calendar(owner).count("BEGIN:VEVENT") for owner in owners] == [SHARED + OWN] * 2
    assert [service.turn(owner).reason for owner in owners] == ["night", "night"]


def test_reading_survives_a_rotation_of_keys(service: HostedService, portal: PortalInMemory) -> None:
    """Values of the old key open, and new ones have the new version."""
    owner = service.add_student(1)
    portal.before_answer = lambda: add_identity(service.settings.keys) and None
    service.work()
    portal.before_answer = lambda: None
    with service.engine.begin() as connection:
        assert connection.scalar(text("SELECT key_version FROM portal_session")) == 2
        connection.execute(text("UPDATE turn SET due_at = now()"))
    service.work()
    assert service.turn(owner).error is None
    assert list(portal.sent.values()) == [1]


def test_account_is_deleted_while_its_calendar_is_published(service: HostedService) -> None:
    """The deletion waits for the end of the publication, which does not wait for it."""
    owner, students = service.add_student(1), Students(service.engine)
    service.work()
    ledger = HostedLedger(service.engine, owner, load_school("junia").zone)
    with ThreadPoolExecutor(1) as thread:
        with ledger.writing() as transaction:
            transaction.connection.execute(events.update().values(first_seen=NOW))
            deleting = thread.submit(students.delete, owner)
            wait_until(lambda: waits_for_a_lock(service.engine))
            transaction.connection.execute(days.insert().values(day=NOW.date(), at=NOW))
            transaction.commit()
        deleting.result()
    assert students.get(owner) is None


@pytest.mark.parametrize("row", ["portal", "exchange_count", "portal_lease"])
def test_lost_connection_during_a_reading_is_no_failure(
    service: HostedService, portal: PortalInMemory, row: str
) -> None:
    """The student does not wait for hours: the turn is due again at once."""
    owner, statements = service.add_student(1), [f"UPDATE {row}", f"INSERT INTO {row}"]

    def break_connection(*given: object) -> None:
        if str(given[2]).startswith(tuple(statements)) and portal.sent == {}:
            statements.clear()
            raise OperationalError("", {}, psycopg.OperationalError("gone"))

    event.listen(service.engine, "before_cursor_execute", break_connection)
    for _ in range(2):
        service.work()
    assert not statements
    assert (service.turn(owner).error, service.turn(owner).reason) == (None, "night")
    assert service.calendar(owner)


def test_visit_does_not_wait_for_a_worker_that_hangs(
    service: HostedService, portal: PortalInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock on the login may be held for ever; the turn stays due, and other students are read."""
    monkeypatch.setattr("scraper.hosting.portal_visits.LOCK_SECONDS", 0.2)
    one, other = service.add_student(1), service.add_student(2)
    key = int.from_bytes(service.login_digest(1)[:8], signed=True)
    with service.engine.begin() as hanging:
        hanging.execute(select(func.pg_advisory_xact_lock(key)))
        service.work()
        assert service.calendar(other)
        assert (service.turn(one).error, service.turn(one).attempts) == (None, 0)
        assert len(portal.sent) == 1
    service.work()
    assert service.calendar(one)


def test_connections_end_after_a_minute_of_silence(engine: Engine, database_address: str) -> None:
    """A worker, the feeds and the queue would wait for a database's machine that is gone for hours."""
    with engine.connect() as connection, psycopg.connect(database_address, **CONNECTION) as listener:
        for one in (connection.connection.driver_connection, listener):
            given = one.info.get_parameters()
            assert {name: given[name] for name in CONNECTION} == CONNECTION
