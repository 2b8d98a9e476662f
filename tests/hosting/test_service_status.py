"""The state of the service: its command and the metrics."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine, insert, text

from scraper.cli.app import run_command_line
from scraper.errors import DatabaseUnavailable, PortalChanged, WrongCredentials
from scraper.hosting.channels import RETRIES
from scraper.hosting.database.service_tables import notification_channel
from scraper.hosting.service_metrics import ServiceMetrics
from scraper.hosting.service_status import ServiceStatus, read_status
from scraper.hosting.turns import ReadingResult
from tests.hosting.hosted import SCHOOL, Service


@pytest.fixture
def service(engine: Engine) -> Service:
    """A service with one student of each kind, at a portal that is paused."""
    made = Service(engine)
    results = [
        ReadingResult(outcome="read"), ReadingResult(outcome="read"),
        ReadingResult.from_error(WrongCredentials("portal")), ReadingResult.from_error(PortalChanged("no-planning")),
    ]  # fmt: skip
    students = made.sign_up(6)
    made.scheduler.tick()
    for one, result in zip(list(made.queue.jobs), results, strict=True):
        made.turns.start(one)
        made.turns.finish(one, result)
        made.clock.pass_(hours=14)
    made.queue.jobs.clear()
    with made.limits.session_place(SCHOOL) as place:
        made.exchange(place, 5)
        made.scheduler.tick()
        made.turns.start(next(iter(made.queue.jobs)))
        made.limits.record_fault(SCHOOL, "overload")
        assert read(made).portals[0].sessions == 1
    assert len(students) == 6
    with made.engine.begin() as connection:
        for owner, failures in zip(students, (0, len(RETRIES), len(RETRIES) + 1), strict=False):
            row = {"student": owner, "kind": "ntfy", "sealed": b"", "key_version": 1, "failures": failures}
            connection.execute(insert(notification_channel).values(sent_until=made.clock.now, **row))
    return made


def read(service: Service) -> ServiceStatus:
    """Return the state by the simulated clock."""
    return read_status(service.engine, service.settings, service.clock)


def test_state_counts_students_queue_portals_and_failures(service: Service) -> None:
    """The turn of a student with a refused password is not due."""
    found = read(service)
    assert found.accounts == {"active": 5, "refused": 1}
    assert found.channels == {"active": 2, "paused": 1}
    assert found.failures == {"PortalChanged.no-planning": 1, "WrongCredentials.portal": 1}
    assert (found.waiting, found.running) == (3, 1)
    assert sum(found.due.values()) == 1
    assert found.ages.oldest
    assert round(found.ages.oldest / timedelta(hours=1)) == 56
    assert (found.ages.old, found.ages.never_read) == (2, 3)
    (portal,) = found.portals
    assert portal.paused_until == service.clock.now + timedelta(minutes=15)
    assert (portal.sessions, portal.exchanges_today, sum(portal.exchanges_by_hour.values())) == (0, 5, 5)


def test_state_of_an_empty_service_has_zeros(engine: Engine) -> None:
    """No number is missing."""
    found = read(Service(engine))
    assert (found.accounts, found.ages.oldest, found.due, found.failures) == ({}, None, {}, {})


def test_metrics_are_read_at_each_fetch(service: Service) -> None:
    """They name no student; without the database they report that only."""
    registry = CollectorRegistry()
    states = [read(service)]
    registry.register(ServiceMetrics(states.pop))
    lines = generate_latest(registry).decode().splitlines()
    assert {'aurion_accounts{state="active"} 5.0', f'aurion_portal_paused{{portal="{SCHOOL}"}} 1.0'} <= {*lines}
    assert {"aurion_database_up 1.0", 'aurion_channels{state="paused"} 1.0'} <= {*lines}

    def fail() -> ServiceStatus:
        raise DatabaseUnavailable(detail="gone")

    alone = CollectorRegistry()
    alone.register(ServiceMetrics(fail))
    values = [line for line in generate_latest(alone).decode().splitlines() if not line.startswith("#")]
    assert values == ["aurion_database_up 0.0"]


def test_command_prints_numbers_without_ids(
    service: Service,
    database_address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It prints lines, or JSON that always has the same keys."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    file = tmp_path / "settings.toml"
    file.write_text(
        f'association = "BDE"\ncontact = "a@example.org"\naddress = "https://a.example.org"\nschools = ["{SCHOOL}"]\n'
        f'database = "{database_address}"\n'
    )
    assert run_command_line(["hosting", "status", "--settings", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "5 active, 1 with a refused password" in shown
    assert "PortalChanged.no-planning" in shown
    assert "2 channels in use, 1 paused" in shown
    assert run_command_line(["hosting", "status", "--settings", str(file), "--json"]) == 0
    as_json = capsys.readouterr().out
    assert json.loads(as_json).keys() == {"at", "accounts", "calendars", "queue", "portals", "failures", "channels"}
    with service.engine.begin() as connection:
        ids = connection.execute(text("SELECT id::text FROM student")).scalars().all()
    assert not any(one in shown + as_json for one in ids)
