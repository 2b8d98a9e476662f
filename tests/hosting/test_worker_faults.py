"""Faults around a worker: a kill, a restart of the database, a rotation of keys."""

import subprocess
import sys

import pytest
from sqlalchemy import text

from scraper.config.schools.school_files import load_school
from scraper.hosting.database.hosted_ledger import HostedLedger
from scraper.hosting.keys import add_identity
from tests.hosting.demo_students import OWN, SHARED
from tests.hosting.killed_worker import POINTS
from tests.hosting.postgres import PostgresServer
from tests.hosting.service import HostedService, PortalInMemory
from tests.paths import ROOT


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
