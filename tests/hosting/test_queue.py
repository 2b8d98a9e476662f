"""The queue of procrastinate in the service's database."""

import gc
import logging
import os
import signal
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from sqlalchemy import Engine, text

from scraper.hosting import queue as queue_module
from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.queue import Queue, create_queue_tables
from scraper.hosting.scheduler import Scheduler
from scraper.hosting.turns import LOCK, ReadingResult, Turns
from tests.hosting.hosted import SCHOOL, add_students, hosting_settings
from tests.hosting.postgres import PostgresServer
from tests.waiting import wait_until

READ = ReadingResult(outcome="read")


@pytest.fixture
def queue(database_address: str, engine: Engine) -> Queue:
    """An empty queue."""
    create_queue_tables(engine)
    return Queue(database_address)


@pytest.fixture
def scheduler(engine: Engine, queue: Queue) -> Scheduler:
    """A scheduler by the database's clock."""
    return Scheduler(engine, hosting_settings(), queue)


@pytest.fixture
def turns(engine: Engine) -> Turns:
    """The turns by the database's clock."""
    return Turns(engine, hosting_settings())


def sign_up(turns: Turns, count: int) -> list[UUID]:
    """Add students with turns that are due."""
    found = add_students(turns.engine, count)
    for one in found:
        turns.add(one, SCHOOL)
    return found


def work(queue: Queue, turns: Turns) -> list[UUID]:
    """Run all jobs that wait; return the students in their order."""
    done: list[UUID] = []

    def run_turn(one: UUID) -> None:
        assert turns.start(one)
        turns.finish(one, READ)
        done.append(one)

    queue.run_worker(run_turn, lambda _: None, wait=False)
    return done


def count_jobs(engine: Engine) -> int:
    """Return the number of jobs of any state."""
    with engine.begin() as connection:
        return int(connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one())


def take_job(engine: Engine) -> None:
    """Take a job as a worker does that dies then: it stays, with its lock, and reports no more."""
    with engine.begin() as connection:
        worker = connection.execute(text("SELECT worker_id FROM procrastinate_register_worker_v1()")).scalar_one()
        connection.execute(text("SELECT procrastinate_fetch_job_v2(NULL, :worker)"), {"worker": worker})


def stop_reports(engine: Engine) -> None:
    """Make all reports of workers old."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'"))


def test_tables_are_created_once(engine: Engine, queue: Queue) -> None:
    """A second call changes nothing."""
    create_queue_tables(engine)
    with engine.begin() as connection:
        assert queue.count_waiting(connection) == 0


def test_one_module_only_imports_procrastinate() -> None:
    """Another queue could replace it."""
    package = Path(queue_module.__file__).parent
    found = {path.name for path in package.rglob("*.py") if "procrastinate" in path.read_text(encoding="utf-8")}
    assert found == {"queue.py"}


def test_due_turns_become_jobs_that_run_and_are_deleted(
    engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns
) -> None:
    """A few turns at a time become jobs."""
    students = sign_up(turns, 6)
    assert scheduler.tick() == 4
    assert scheduler.tick() == 0
    done = work(queue, turns)
    assert scheduler.tick() == 2
    done += work(queue, turns)
    assert sorted(done) == sorted(students)
    assert count_jobs(engine) == 0


def test_sign_in_runs_before_all_turns(engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns) -> None:
    """The student waits at the screen."""
    sign_up(turns, 2)
    scheduler.tick()
    sign_in, order = uuid4(), []
    with engine.begin() as connection:
        queue.enqueue_sign_in(connection, sign_in)
    queue.run_worker(lambda _: order.append("turn"), order.append, wait=False)
    assert order == [sign_in, "turn", "turn"]


@pytest.mark.usefixtures("queue")
def test_jobs_contain_ids_only(engine: Engine, scheduler: Scheduler, turns: Turns) -> None:
    """They contain no secret."""
    (one,) = sign_up(turns, 1)
    scheduler.tick()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT args FROM procrastinate_jobs")).scalars().all() == [
            {"student_id": str(one)}
        ]


def test_failed_handler_ends_its_job(
    engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    """The bug is logged, and the turn becomes due again."""
    (one,) = sign_up(turns, 1)
    scheduler.tick()

    def fail(_: UUID) -> None:
        raise RuntimeError

    with caplog.at_level(logging.ERROR):
        queue.run_worker(fail, fail, wait=False)
    assert "a job failed" in caplog.text
    assert count_jobs(engine) == 0
    assert scheduler.tick() == 1
    assert work(queue, turns) == [one]


def test_worker_collects_garbage_of_its_jobs_only(queue: Queue, scheduler: Scheduler, turns: Turns) -> None:
    """Objects that exist when it starts are not searched after each job; afterwards they are collected as before."""
    sign_up(turns, 1)
    scheduler.tick()
    frozen = []
    queue.run_worker(lambda _: frozen.append(gc.get_freeze_count()), lambda _: None, wait=False)
    assert frozen[0] > 0
    assert gc.get_freeze_count() == 0


def test_emptied_queue_loses_no_turn(engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns) -> None:
    """All jobs are deleted, one of them while it runs."""
    students, begun = sign_up(turns, 3), []
    scheduler.tick()

    def empty(one: UUID) -> None:
        assert turns.start(one)
        begun.append(one)
        with engine.begin() as connection:
            connection.execute(text("TRUNCATE procrastinate_jobs CASCADE"))

    queue.run_worker(empty, empty, wait=False)
    assert len(begun) == 1
    assert scheduler.tick() == 3
    assert sorted(work(queue, turns)) == sorted(students)


def test_job_of_a_dead_worker_is_removed(engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns) -> None:
    """After its silence the turn runs at another worker."""
    (one,) = sign_up(turns, 1)
    scheduler.tick()
    take_job(engine)
    turns.start(one)
    assert scheduler.tick() == 0
    stop_reports(engine)
    assert scheduler.tick() == 1
    assert work(queue, turns) == [one]
    assert count_jobs(engine) == 0


def test_worker_that_was_taken_for_dead_may_finish(
    engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns
) -> None:
    """Its turn is due again and has another job already; other students are still enqueued."""
    (one,) = sign_up(turns, 1)
    scheduler.tick()
    take_job(engine)
    turns.start(one)
    stop_reports(engine)
    assert scheduler.tick() == 1
    turns.finish(one, READ)
    (other,) = sign_up(turns, 1)
    assert scheduler.tick() == 1
    queue.run_worker(lambda late: turns.start(late) and turns.finish(late, READ), lambda _: None, wait=False)
    assert scheduler.tick() == 1
    assert work(queue, turns) == [one]
    assert turns.status(other).succeeded_at


def test_job_that_cannot_be_removed_ends_with_its_worker(
    engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a job that only seems to run, its student would not be read before the worker's next start."""
    sign_up(turns, 1)
    scheduler.tick()
    real, failures, stop = JobManager.finish_job, [ConnectorException()], Event()

    async def finish_job(self: JobManager, job: Job, status: Status, *, delete_job: bool) -> None:
        if failures:
            raise failures.pop()
        await real(self, job, status, delete_job)

    def run_turn(student: UUID) -> None:
        turns.start(student)
        turns.finish(student, READ)

    monkeypatch.setattr(JobManager, "finish_job", finish_job)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(queue.run_worker, run_turn, lambda _: None, stop=stop)
        try:
            wait_until(lambda: not failures and not scheduler.tick() and not count_jobs(engine))
        finally:
            stop.set()


def test_worker_survives_a_restart_of_the_database(
    engine: Engine, queue: Queue, database_address: str, postgres: PostgresServer
) -> None:
    """Every turn ends, and none is lost or run twice."""
    address = f"{database_address}&options=-csynchronous_commit%3Don"
    durable, queue = create_database_engine(address), Queue(address)
    turns, scheduler = Turns(durable, hosting_settings()), Scheduler(durable, hosting_settings(), queue)
    students, done, stop = sign_up(turns, 4), [], Event()
    assert scheduler.tick() == 4

    def run_turn(one: UUID) -> None:
        assert turns.start(one)
        if not done:
            postgres.stop()
            postgres.start()
        turns.finish(one, READ)
        done.append(one)
        if len(done) == len(students):
            stop.set()

    queue.run_worker(run_turn, lambda _: None, stop=stop)
    assert sorted(done) == sorted(students)
    stop_reports(engine)
    assert scheduler.tick() == 0
    assert count_jobs(engine) == 0
    durable.dispose()
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # procrastinate's connection that died
        gc.collect()


def test_signal_ends_a_worker_after_its_job(queue: Queue, scheduler: Scheduler, turns: Turns) -> None:
    """Other jobs stay, and the handlers of the signals are restored."""
    students = sign_up(turns, 2)
    scheduler.tick()
    before, done = signal.getsignal(signal.SIGTERM), []

    def run_turn(one: UUID) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        assert turns.start(one)
        turns.finish(one, READ)
        done.append(one)

    queue.run_worker(run_turn, lambda _: None)
    assert signal.getsignal(signal.SIGTERM) is before
    assert sorted(done + work(queue, turns)) == sorted(students)


def test_concurrent_schedulers_create_each_job_once(
    engine: Engine, queue: Queue, scheduler: Scheduler, turns: Turns
) -> None:
    """While one works the other does nothing."""
    students = sign_up(turns, 3)
    other = Scheduler(engine, scheduler.settings, queue)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        assert other.tick() == 0
    assert other.tick() + scheduler.tick() == 3
    assert sorted(work(queue, turns)) == sorted(students)
