"""The queue of jobs, in the same database: procrastinate's. No other module imports it.

A job has no secret and no schedule: it names a student with a turn that is due, or a log-in that waits. It ends as done
in every case and is deleted; what happens next is written in `turn` and `sign_in`. Jobs of one student have one lock:
the job of a worker that died holds it until `remove_dead_jobs`.
"""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from signal import signal
from threading import Event, Thread, current_thread, main_thread
from typing import Any, TypeAlias
from uuid import UUID

from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from procrastinate.worker import Worker
from psycopg import OperationalError
from sqlalchemy import Connection, Engine, TextualSelect, Uuid, inspect, text

from scraper.hosting.connection_times import CONNECTION
from scraper.hosting.priority import Priority
from scraper.system.signals import SIGNALS

QUEUE = "aurion"
TURN, SIGN_IN = "run_turn", "run_sign_in"
STALLED_SECONDS = 60
"""A worker that was silent for so long is dead; it reports every ten seconds. A report from later than now does not
count: the clock was set back."""
RECONNECT_SECONDS = 5
OPEN_SECONDS = 10
"""Seconds to wait for a connection, and between two attempts, while the database is away."""
STOP_SECONDS = 0.5
TABLE = "procrastinate_jobs"
LOG = logging.getLogger(__name__)
Handler: TypeAlias = "Callable[[UUID], None]"

_QUEUED = text(
    "SELECT CAST(args->>CAST(:argument AS text) AS uuid) AS id FROM procrastinate_jobs"
    " WHERE task_name = :task AND status IN ('todo', 'doing')"
).columns(id=Uuid)
_WAITING = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
_REMOVE_DEAD = text(
    "DELETE FROM procrastinate_jobs WHERE status IN ('failed', 'aborted', 'cancelled') OR status = 'doing' AND"
    " NOT EXISTS (SELECT FROM procrastinate_workers AS worker WHERE worker.id = worker_id"
    " AND abs(extract(epoch FROM now() - worker.last_heartbeat)) < :seconds)"
)


def create_queue_tables(engine: Engine) -> None:
    """Create the tables of the queue; do nothing where they exist."""
    if not inspect(engine).has_table(TABLE):
        with engine.begin() as connection:
            raw = connection.connection.cursor()
            raw.execute(SchemaManager.get_schema())


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of the database at an address, `postgresql://…`."""

    address: str

    def enqueue_turns(self, connection: Connection, turns: Iterable[tuple[UUID, int]]) -> None:
        """Add a job for each claimed turn, in the transaction that claimed it."""
        self._add(connection, [_job(TURN, "student_id", one, priority) for one, priority in turns])

    def enqueue_sign_in(self, connection: Connection, sign_in_id: UUID) -> None:
        """Add a job for a log-in, in the transaction that stored it."""
        self._add(connection, [_job(SIGN_IN, "sign_in_id", sign_in_id, Priority.SIGN_IN)])

    def students(self, connection: Connection) -> set[UUID]:
        """Return the students with a job for their turn that waits or runs."""
        return set(connection.scalars(_QUEUED, {"task": TURN, "argument": "student_id"}))

    @staticmethod
    def queued_sign_ins() -> TextualSelect:
        """Return the query for the log-ins that have a job that waits or runs.

        As a part of another query: between two queries, log-ins are added and begin.
        """
        return _QUEUED.bindparams(task=SIGN_IN, argument="sign_in_id")

    def count_waiting(self, connection: Connection) -> int:
        """Return the number of jobs that wait."""
        return int(connection.execute(_WAITING).scalar_one())

    def remove_dead_jobs(self, connection: Connection) -> None:
        """Delete the jobs of dead workers, with their locks, and jobs that ended otherwise than as done."""
        connection.execute(_REMOVE_DEAD, {"seconds": STALLED_SECONDS})

    def run_worker(
        self,
        run_turn: Handler,
        run_sign_in: Handler,
        *,
        wait: bool = True,
        stop: Event | None = None,
    ) -> None:
        """Run jobs until the process is asked to end or `stop` is set; without `wait`, until no job is left.

        Jobs that run are finished first. Each handler runs in a thread and handles its own failures: an exception of it
        is logged and forgotten. Where the database is away the worker waits for it.
        """
        handlers = {TURN: ("student_id", run_turn), SIGN_IN: ("sign_in_id", run_sign_in)}
        stop = stop or Event()
        with _frozen_heap(), _set_by_signals(stop), ThreadPoolExecutor(1) as thread:  # without another event loop
            while not stop.is_set():
                try:
                    thread.submit(self._run_worker, handlers, stop, wait=wait).result()
                    if not wait:
                        return
                except (ConnectorException, OperationalError) as error:
                    LOG.warning("the database does not answer: %s", type(error.__cause__ or error).__name__)
                stop.wait(RECONNECT_SECONDS)

    def _run_worker(self, handlers: Mapping[str, tuple[str, Handler]], stop: Event, *, wait: bool) -> None:
        """Run jobs until `stop` is set, no job is left, or the database is away."""
        connector = PsycopgConnector(
            conninfo=self.address, kwargs=CONNECTION, min_size=1, max_size=4, timeout=OPEN_SECONDS
        )  # fmt: skip
        app = App(connector=connector)
        for name, (argument, handler) in handlers.items():
            app.task(name=name, queue=QUEUE)(_task(handler, argument))
        with asyncio.Runner() as loop:
            worker = _Worker(
                app, queues=[QUEUE], concurrency=1, wait=wait, delete_jobs="always",
                install_signal_handlers=False, stalled_worker_timeout=STALLED_SECONDS,
            )  # fmt: skip
            ended = Event()
            try:
                loop.run(connector.open_async())
                Thread(target=_stop_worker, args=(worker, stop, ended), daemon=True).start()
                loop.run(worker.run())  # type: ignore[no-untyped-call]
            finally:
                ended.set()
                loop.run(connector.close_async())

    @staticmethod
    def _add(connection: Connection, jobs: list[Job]) -> None:
        if jobs:
            manager = JobManager(SyncPsycopgConnector())
            manager.batch_defer_jobs(jobs, connection=connection.connection.driver_connection)


class _Worker(Worker):
    """A worker that ends where it cannot remove a job that has ended; the job then ends with its registration.

    Otherwise the job would seem to run as long as the worker does, and its lock would keep later ones waiting.
    """

    async def _persist_job_status(self, *arguments: Any, **values: Any) -> None:  # noqa: ANN401 - the base's own
        try:
            await super()._persist_job_status(*arguments, **values)
        except ConnectorException:
            self.stop()  # type: ignore[no-untyped-call]
            raise


def _job(task: str, argument: str, value: UUID, priority: int) -> Job:
    lock = str(value)
    return Job(
        queue=QUEUE, task_name=task, priority=priority, lock=lock, queueing_lock=lock, task_kwargs={argument: lock}
    )


@contextmanager
def _frozen_heap() -> Iterator[None]:
    """Exclude the objects that exist now, none of a job, from garbage collection: it runs after each job."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _set_by_signals(stop: Event) -> Iterator[None]:
    """Set the event when the process is asked to end; only the main thread can do that.

    The worker's own handling of signals would not distinguish this end from one without a database.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal(number, lambda *_: stop.set()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal(number, handler)


def _stop_worker(worker: Worker, stop: Event, ended: Event) -> None:
    """Stop the worker when `stop` is set; again, because a worker that begins forgets an earlier request."""
    while not ended.wait(STOP_SECONDS):
        if stop.is_set():
            worker.stop()  # type: ignore[no-untyped-call]


def _task(handler: Handler, argument: str) -> Callable[..., None]:
    def run(**arguments: str) -> None:
        try:
            handler(UUID(arguments[argument]))
        except Exception:
            LOG.exception("a job failed")
        finally:
            gc.collect()  # an error and its traceback refer to each other: with them a password would stay in memory

    return run
