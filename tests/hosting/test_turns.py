"""Turns: when the planning of a student is read next."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, func, select, update

from scraper.errors import ActionNeeded, AnotherRun, AurionError, PortalChanged, PortalUnavailable, WrongCredentials
from scraper.hosting.database.service_tables import student, turn
from scraper.hosting.turns import LOCK, ReadingResult
from tests.cases import for_each
from tests.hosting.hosted import MONDAY, SCHOOL, Service, add_students, waits_for_a_lock
from tests.waiting import wait_until

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


def test_new_student_is_read_at_once_then_each_night(service: Service) -> None:
    """The evening is that of the school's time zone."""
    (one,) = service.sign_up()
    assert run(service) == [30]
    turn = service.turn(one)
    assert turn.due_at == datetime(2026, 11, 30, 21, tzinfo=UTC)
    assert turn.succeeded_at == MONDAY
    service.clock.now = turn.due_at
    assert run(service) == [0]
    again = service.turn(one)
    assert again.due_at == turn.due_at + timedelta(days=1)


@for_each("values", [{"due_at": None}, {"due_at": MONDAY + timedelta(days=40)}])
def test_turn_that_would_never_be_due_is_due_again(service: Service, values: dict[str, datetime | None]) -> None:
    """A sign-in was cut off before it made the turn due, or the clock was set back by weeks."""
    (one,) = service.sign_up()
    run(service)
    with service.engine.begin() as connection:
        connection.execute(update(turn).values(values))
    assert run(service)
    assert service.turn(one).due_at == datetime(2026, 11, 30, 21, tzinfo=UTC)


def test_change_for_the_class_waits_for_the_scheduler(service: Service) -> None:
    """Both change turns of several students: with a lock on its own turn, a reading would wait for it for ever."""
    students = service.sign_up(2)
    run(service, ReadingResult(outcome="read", lessons=["1", "2"]))
    service.clock.pass_(hours=2)
    service.scheduler.tick()
    (reader,) = service.queue.jobs
    (other,) = {*students} - {reader}
    assert service.turns.start(reader)
    changed = ReadingResult(outcome="read", lessons=["1", "2"], changes=["moved"])
    with ThreadPoolExecutor(1) as thread:
        with service.engine.begin() as scheduler:
            scheduler.execute(select(func.pg_advisory_xact_lock(LOCK)))
            scheduler.execute(update(turn).where(turn.c.student == other).values(priority=1))
            finishing = thread.submit(service.turns.finish, reader, changed)
            wait_until(lambda: waits_for_a_lock(service.engine))
            scheduler.execute(update(turn).where(turn.c.student == reader).values(priority=1))
        finishing.result()
    assert service.turn(other).reason == "class"


@for_each(("day", "hours"), [("2027-03-27T21:00", 23), ("2026-10-24T20:00", 25)])
def test_evening_has_the_same_local_time_after_a_clock_change(service: Service, day: str, hours: int) -> None:
    """A night on which the clocks change is an hour shorter or longer."""
    service.clock.now = evening = datetime.fromisoformat(f"{day}Z")
    (one,) = service.sign_up()
    run(service)
    turn = service.turn(one)
    assert turn.due_at == evening + timedelta(hours=hours)


def test_planning_read_longest_ago_is_first_by_night(service: Service) -> None:
    """A click comes before all of them."""
    students = service.sign_up(6)
    run(service)
    service.clock.now = datetime(2026, 11, 30, 22, tzinfo=UTC)
    service.turns.request_update(students[3])
    assert run(service) == [30, 0, 0, 0, 0, 0]


def test_click_soon_after_a_reading_waits(service: Service) -> None:
    """Repeated clicks cost one reading in two minutes at most, also with a clock that is set back."""
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


def test_click_during_a_turn_changes_nothing(service: Service) -> None:
    """The current reading answers the click."""
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
def test_waits_after_failures_grow(service: Service, error: AurionError, waits: tuple[int, ...]) -> None:
    """A success resets them."""
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


def test_another_student_tries_the_portal_after_a_pause(service: Service) -> None:
    """One student alone would wait longer after each failure of the portal."""
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


@for_each("error", [AnotherRun(), PortalUnavailable("paused"), PortalUnavailable("no-place")])
def test_turn_stopped_by_the_limits_is_due_again_at_once(service: Service, error: AurionError) -> None:
    """It keeps its priority."""
    (one,) = service.sign_up()
    service.scheduler.tick()
    service.turns.start(one)
    service.turns.finish(one, ReadingResult.from_error(error))
    service.queue.jobs.clear()
    turn = service.turn(one)
    assert (turn.due_at, turn.attempts) == (service.clock.now, 0)
    assert run(service) == [30]


@pytest.mark.parametrize("error", [WrongCredentials(), ActionNeeded("other-host")])
def test_refused_password_waits_for_a_new_one(service: Service, error: AurionError) -> None:
    """No click, night, class or restart makes the turn due."""
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


def test_password_changed_during_a_refused_turn_is_tried(service: Service) -> None:
    """The refusal concerns the old password only."""
    (one,) = service.sign_up()
    service.scheduler.tick()
    service.turns.start(one)
    service.turns.finish(one, ReadingResult.from_error(WrongCredentials(), b"older"))
    service.queue.jobs.clear()
    assert run(service) == [30]


def test_turn_of_a_lost_job_is_due_at_once(service: Service) -> None:
    """The queue is emptied before a turn begins, or while it runs."""
    (one,) = service.sign_up()
    for begin in (False, True):
        service.scheduler.tick()
        assert not begin or service.turns.start(one)
        service.queue.jobs.clear()
    assert run(service) == [30]


def test_student_without_a_turn_gets_one(service: Service) -> None:
    """The sign-up was interrupted."""
    add_students(service.engine, 1)
    assert run(service) == [30]


def test_turn_of_a_deleted_student_ends_without_an_error(service: Service) -> None:
    """The student is deleted before the start or before the end."""
    (one,) = service.sign_up()
    service.scheduler.tick()
    assert service.turns.start(one)
    with service.engine.begin() as connection:
        connection.execute(delete(student))
    service.turns.finish(one, READ)
    assert not service.turns.start(one)
    assert service.turns.status(one) is None
    assert not service.turns.request_update(one)
