"""A worker with a real queue and database, and a portal in memory: sign-ins and turns."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, text

from scraper.errors import PortalUnavailable
from scraper.hosting.database.service_tables import portal_fault, refused_password, sign_in, student
from scraper.hosting.hosted_worker import Worker
from scraper.hosting.scheduler import Scheduler
from scraper.hosting.sign_in import recover_sign_ins
from scraper.hosting.students import Student, Students
from tests.hosting.demo_students import OWN, SHARED, password_of
from tests.hosting.service import HostedService, PortalInMemory


def test_accepted_sign_in_becomes_a_calendar(service: HostedService, portal: PortalInMemory) -> None:
    """The planning is read with the session of the sign-in."""
    one = service.submit(1)
    service.work()
    service.work()
    row = service.sign_in(one)
    assert (row.state, row.error, row.sealed) == ("accepted", None, b"")
    calendar = service.calendar(row.student)
    assert calendar.count("BEGIN:VEVENT") == SHARED + OWN
    assert "Projet de l'étudiant 1" in calendar
    assert list(portal.sent.values()) == [1]
    assert service.turn(row.student).reason == "night"

    again = service.submit(1)
    service.work()
    assert service.sign_in(again).student == row.student
    with service.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(student)) == 1


def test_calendars_have_lessons_of_their_own_student_only(service: HostedService) -> None:
    """Each calendar has the lessons of the class and those of its student."""
    owners = {number: service.add_student(number) for number in range(1, 9)}
    for _ in range(3):
        service.work()
    for number, owner in owners.items():
        found = {line.partition(":")[2] for line in service.calendar(owner).splitlines() if line.startswith("SUMMARY")}
        assert found == {"Optique", f"Projet de l'étudiant {number}"}


def test_refused_password_is_sent_once(service: HostedService, portal: PortalInMemory) -> None:
    """Neither sign-ins nor turns send it again; another password is tried."""
    owner = service.add_student(1)
    portal.passwords[1] = "new"
    for _ in range(3):
        service.work()
    assert Students(service.engine).get(owner).state == "refused"
    first = [service.submit(1) for _ in range(2)]
    wrong = [service.submit(2, "wrong") for _ in range(3)]
    service.work()
    assert [service.sign_in(one).error["reason"] for one in first] == ["known", "known"]
    assert [service.sign_in(one).error["reason"] for one in wrong] == ["", "known", "known"]
    assert set(portal.sent.values()) == {1}
    with service.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(refused_password)) == 2

    right = service.submit(1, "new")
    service.work()
    service.work()
    assert service.sign_in(right).student == owner
    assert Students(service.engine).get(owner).state == "active"
    assert service.calendar(owner)


def test_concurrent_workers_send_a_refused_password_once(service: HostedService, portal: PortalInMemory) -> None:
    """One waits for the verdict of the other."""
    ones = [service.submit(number, "wrong") for number in (1, 2) for _ in range(3)]
    portal.before_answer = lambda: sleep(0.05)
    with ThreadPoolExecutor(3) as workers:
        for work in [workers.submit(service.worker.run, wait=False) for _ in range(3)]:
            work.result()
    assert sorted(service.sign_in(one).error["reason"] for one in ones) == ["", "", *["known"] * 4]
    assert set(portal.sent.values()) == {1}


def test_portal_that_refuses_visits_is_paused(service: HostedService, portal: PortalInMemory) -> None:
    """Turns and sign-ins wait without an exchange, and calendars stay."""
    owners = [service.add_student(number) for number in range(1, 4)]
    service.work()
    calendars = [service.calendar(owner) for owner in owners]
    portal.fault = PortalUnavailable("status", host="aurion.junia.com", status=403)
    with service.engine.begin() as connection:
        connection.execute(text("UPDATE turn SET due_at = now()"))
    one = service.submit(4)
    for _ in range(2):
        service.work()
    with service.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(portal_fault)) == 1
    assert service.sign_in(one).error["facts"]["status"] == "403"
    later = service.submit(5)
    service.work()
    assert service.sign_in(later).state == "waiting"
    assert [service.calendar(owner) for owner in owners] == calendars

    portal.fault = None
    with service.engine.begin() as connection:
        connection.execute(text("UPDATE portal SET paused_until = now()"))
    for _ in range(2):
        service.work()
    assert service.sign_in(later).state == "accepted"


def test_interrupted_sign_in_is_not_repeated(service: HostedService, portal: PortalInMemory) -> None:
    """Its password may have been sent: the student decides. A sign-in that only waits is queued again."""
    cut_off, waiting = service.submit(1), service.submit(2)
    with service.engine.begin() as connection:
        connection.execute(sign_in.update().where(sign_in.c.id == cut_off).values(state="working"))
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    service.work()
    assert service.sign_in(cut_off).error["reason"] == "cut-off"
    assert service.sign_in(cut_off).sealed == b""
    assert service.sign_in(waiting).state == "accepted"
    assert [login for login, _ in portal.sent] == ["etudiant2@student.junia.com"]


def test_sign_in_of_a_worker_that_was_taken_for_dead_stays_ended(
    service: HostedService, portal: PortalInMemory
) -> None:
    """Its password is deleted: it cannot wait for another attempt."""
    one = service.submit(1)

    def stall() -> None:
        with service.engine.begin() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET worker_id = NULL"))
            service.worker.queue.remove_dead_jobs(connection)
            recover_sign_ins(connection, service.worker.queue)
        raise PortalUnavailable("no-place", portal="junia")

    portal.before_answer = stall
    service.work()
    assert service.sign_in(one).error["reason"] == "cut-off"
    service.work()
    assert service.sign_in(one).error["reason"] == "cut-off"


@pytest.mark.parametrize("state", ["waiting", "working"])
def test_sign_in_that_comes_during_the_recovery_is_left_alone(service: HostedService, state: str) -> None:
    """Before each query of the recovery another one is stored with its job, or has begun."""
    added = list[UUID]()

    def submit(*_: object) -> None:
        added.append(service.submit(len(added) + 1))
        with service.engine.begin() as another:
            another.execute(sign_in.update().where(sign_in.c.id == added[-1]).values(state=state))

    with service.engine.begin() as connection:
        event.listen(connection, "before_cursor_execute", submit)
        recover_sign_ins(connection, service.worker.queue)
    assert len(added) > 1
    assert {service.sign_in(one).state for one in added} == {state}
    with service.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == len(added)


def test_account_that_is_deleted_during_a_sign_in_stays_deleted(service: HostedService, portal: PortalInMemory) -> None:
    """The portal accepts the password, but the sign-in has ended already."""
    owner = service.add_student(1)
    service.work()
    service.submit(1)
    portal.before_answer = lambda: Students(service.engine).delete(owner)
    service.work()
    assert list(portal.sent.values()) == [2]
    assert Students(service.engine).find_by_digest(service.login_digest(1)) is None


def test_two_sign_ins_of_a_new_login_add_one_student(
    service: HostedService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Both workers have seen that the login is new."""
    one, find, owner = service.submit(1), Students.find_by_digest, list[UUID]()

    def find_then_add(self: Students, login_digest: bytes) -> Student | None:
        found = find(self, login_digest)
        if not owner:
            owner.append(service.add_student(1))
        return found

    monkeypatch.setattr(Students, "find_by_digest", find_then_add)
    service.work()
    assert (service.sign_in(one).state, [service.sign_in(one).student]) == ("accepted", owner)
    service.work()
    assert service.calendar(owner[0])
    assert not caplog.text


def test_settings_that_change_during_a_reading_hold(service: HostedService, portal: PortalInMemory) -> None:
    """Otherwise the reading would publish by the rules that the student has just replaced."""
    owner = service.add_student(1)
    rules = [{"do": "drop", "subject": "Optique"}]
    portal.before_answer = lambda: Students(service.engine).save_settings(owner, {"rules": rules})
    service.work()
    assert "Projet" in service.calendar(owner)
    assert "Optique" not in service.calendar(owner)


def test_scheduler_continues_after_a_bug(
    service: HostedService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that only seems to run would read nothing any more."""
    monkeypatch.setattr("scraper.hosting.hosted_worker.TICK_SECONDS", 0.01)
    stop, failures, real = Event(), [ValueError("canary")], Worker.tick
    owner = service.add_student(1)

    def tick(self: Worker, scheduler: Scheduler) -> None:
        if failures:
            raise failures.pop()
        real(self, scheduler)
        stop.set()

    monkeypatch.setattr(Worker, "tick", tick)
    service.worker.schedule(stop)
    assert service.turn(owner).enqueued_at
    assert "scheduler: " in caplog.text
    assert "ValueError" in caplog.text
    assert "canary" not in caplog.text


def test_bug_delays_the_next_turn(
    service: HostedService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the bug without its message."""

    def fail(_recording: object) -> None:
        raise ValueError(password_of(1))

    monkeypatch.setattr("scraper.hosting.reading.read", fail)
    owner = service.add_student(1)
    service.work()
    row = service.turn(owner)
    assert (row.error["reason"], row.reason, row.enqueued_at) == ("bug-hosted", "retry", None)
    assert "ValueError" in caplog.text
    assert password_of(1) not in caplog.text


def test_student_deleted_during_a_reading_leaves_no_row(service: HostedService, portal: PortalInMemory) -> None:
    """The reading ends after the deletion."""
    owner = service.add_student(1)
    portal.before_answer = lambda: Students(service.engine).delete(owner) and None
    service.work()
    with service.engine.connect() as connection:
        for table in ("student", "turn", "portal_session", "ledger.events"):
            connection.execute(text("SELECT set_config('aurion.account', :one, false)"), {"one": str(owner)})
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table  # noqa: S608
