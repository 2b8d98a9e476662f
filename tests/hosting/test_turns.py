"""Turns: when a planning is read next."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete

from scraper.errors import ActionNeeded, AnotherRun, AurionError, PortalChanged, PortalUnavailable, WrongCredentials
from scraper.hosting.database.service_tables import student
from scraper.hosting.turns import ReadingResult
from tests.hosting.hosted import MONDAY, SCHOOL, Service, add_students

READ = ReadingResult(outcome="read")


@pytest.fixture
def service(engine: Engine) -> Service:
    """A service without students."""
    return Service(engine)


def run(service: Service, result: ReadingResult = READ, seconds: float = 20) -> list[int]:
    """Run every due turn once; return the priorities in their order."""
    order = []
    while service.scheduler.tick():
        while service.queue.jobs:
            one = next(iter(service.queue.jobs))
            assert service.turns.start(one)
            service.clock.pass_(seconds)
            service.turns.finish(one, result)
            order.append(service.queue.jobs.pop(one))
    return order


def test_a_new_student_is_read_at_once_and_then_each_night(service: Service) -> None:
    """The next turn after a reading is the evening's, in the school's time zone."""
    (one,) = service.sign_up()
    assert run(service) == [30]
    turn = service.turn(one)
    assert turn.due_at == datetime(2026, 11, 30, 21, tzinfo=UTC)
    assert turn.succeeded_at == MONDAY
    service.clock.now = turn.due_at
    assert run(service) == [0]
    again = service.turn(one)
    assert again.due_at == turn.due_at + timedelta(days=1)


@pytest.mark.parametrize(("day", "hours"), [("2027-03-27T21:00", 23), ("2026-10-24T20:00", 25)])
def test_the_evening_is_at_the_same_local_time_after_the_clock_change(service: Service, day: str, hours: int) -> None:
    """A night on which the clocks change is an hour shorter or longer."""
    service.clock.now = evening = datetime.fromisoformat(f"{day}Z")
    (one,) = service.sign_up()
    run(service)
    turn = service.turn(one)
    assert turn.due_at == evening + timedelta(hours=hours)


def test_what_was_read_longest_ago_comes_first_by_night(service: Service) -> None:
    """The order of the nights stays, and a click comes before it."""
    students = service.sign_up(6)
    run(service)
    service.clock.now = datetime(2026, 11, 30, 22, tzinfo=UTC)
    service.turns.request_update(students[3])
    assert run(service) == [30, 0, 0, 0, 0, 0]


def test_a_click_soon_after_a_reading_waits_a_little(service: Service) -> None:
    """Clicking on and on costs the portal one reading in two minutes at most, even after the clock was set back."""
    (one,) = service.sign_up()
    run(service)
    for _ in range(3):
        assert service.turns.request_update(one)
    assert run(service) == []
    service.clock.pass_(minutes=2)
    assert run(service) == [30]
    service.clock.pass_(hours=-1)
    service.turns.request_update(one)
    service.clock.pass_(minutes=2)
    assert run(service) == [30]


def test_a_click_while_the_turn_runs_changes_nothing(service: Service) -> None:
    """The reading that runs is what was asked for."""
    (one,) = service.sign_up()
    service.scheduler.tick()
    service.turns.start(one)
    assert service.turns.request_update(one)
    service.turns.finish(one, READ)
    service.queue.jobs.clear()
    assert run(service) == []


@pytest.mark.parametrize(
    ("error", "waits"),
    [(PortalUnavailable("timeout"), (1, 2, 4, 8, 12, 12)), (PortalChanged("no-planning"), (6, 12, 24, 24))],
)
def test_failures_wait_longer_each_time(service: Service, error: AurionError, waits: tuple[int, ...]) -> None:
    """As in unattended runs; a success begins again."""
    (one,) = service.sign_up()
    for hours in waits:
        assert run(service, ReadingResult.from_error(error)) == [30]
        turn = service.turn(one)
        assert turn.due_at == service.clock.now + timedelta(hours=hours)
        assert turn.error
        assert turn.error["error"] == type(error).__name__
        service.clock.now = turn.due_at
    run(service)
    turn = service.turn(one)
    assert (turn.attempts, turn.error) == (0, None)


def test_after_a_pause_another_student_tries_the_portal(service: Service) -> None:
    """Otherwise an outage would make one student wait for hours, as after many failures of the student's own."""
    failing, other = service.sign_up(2)
    service.scheduler.tick()
    for one in (other, failing):
        service.turns.start(one)
    service.turns.finish(other, ReadingResult(outcome="read"))
    service.limits.record_fault(SCHOOL, "unavailable")
    service.turns.finish(failing, ReadingResult.from_error(PortalUnavailable("status", host="h", status=503)))
    service.queue.jobs.clear()
    service.clock.now = datetime(2026, 11, 30, 22, tzinfo=UTC)
    service.scheduler.tick()
    assert [*service.queue.jobs] == [other, failing]
    service.queue.jobs.clear()
    service.limits.record_success(SCHOOL)
    service.scheduler.tick()
    assert [*service.queue.jobs] == [failing, other]


@pytest.mark.parametrize("error", [AnotherRun(), PortalUnavailable("paused"), PortalUnavailable("no-place")])
def test_a_turn_that_the_limits_stop_is_no_failure(service: Service, error: AurionError) -> None:
    """It is due again at once, with its priority."""
    (one,) = service.sign_up()
    service.scheduler.tick()
    service.turns.start(one)
    service.turns.finish(one, ReadingResult.from_error(error))
    service.queue.jobs.clear()
    turn = service.turn(one)
    assert (turn.due_at, turn.attempts) == (service.clock.now, 0)
    assert run(service) == [30]


@pytest.mark.parametrize("error", [WrongCredentials(), ActionNeeded("other-host")])
def test_a_refused_password_is_not_tried_again_before_a_new_one(service: Service, error: AurionError) -> None:
    """No click, night, class or restart makes the turn due; a new password does."""
    (one,) = service.sign_up()
    run(service, ReadingResult.from_error(error, b"sealed"))
    assert not service.turns.request_update(one)
    for _ in range(9):
        service.clock.pass_(hours=8)
        service.queue.jobs.clear()
        assert run(service) == []
    assert not service.turns.start(one)
    service.set_state(one, "active")
    service.turns.add(one, "junia")
    assert run(service) == [30]


def test_a_new_password_during_a_turn_with_the_old_one_is_tried(service: Service) -> None:
    """The refusal of the old password does not concern the new one."""
    (one,) = service.sign_up()
    service.scheduler.tick()
    service.turns.start(one)
    service.turns.finish(one, ReadingResult.from_error(WrongCredentials(), b"older"))
    service.queue.jobs.clear()
    assert run(service) == [30]


def test_a_lost_job_loses_no_turn(service: Service) -> None:
    """The queue was emptied before a turn began, and while it ran: it is due at once."""
    (one,) = service.sign_up()
    for begin in (False, True):
        service.scheduler.tick()
        assert not begin or service.turns.start(one)
        service.queue.jobs.clear()
    assert run(service) == [30]


def test_a_sign_up_that_was_cut_off_gets_its_turn(service: Service) -> None:
    """A student without a turn gets one."""
    add_students(service.engine, 1)
    assert run(service) == [30]


def test_a_student_who_was_deleted_ends_the_turn(service: Service) -> None:
    """Neither the start nor the end of it fails."""
    (one,) = service.sign_up()
    service.scheduler.tick()
    assert service.turns.start(one)
    with service.engine.begin() as connection:
        connection.execute(delete(student))
    service.turns.finish(one, READ)
    assert not service.turns.start(one)
    assert service.turns.status(one) is None
    assert not service.turns.request_update(one)
