"""Turns: when each student's planning is read next, and how the last reading ended.

The row in `turn` decides alone. A job of the queue only runs a turn that is due; it ends as done in every case, and
`finish` writes the next due time. An emptied queue or a worker that died therefore loses nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, Null, Row, and_, case, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from scraper.errors import (
    ActionNeeded,
    AnotherRun,
    AurionError,
    ExitCode,
    LoginRefused,
    PortalUnavailable,
)
from scraper.hosting.channels import wake_channel
from scraper.hosting.classes import lesson_sample, spread_changes
from scraper.hosting.database.clock import DATABASE_CLOCK, Clock, read_clock
from scraper.hosting.database.service_tables import student, turn
from scraper.hosting.politeness.portal_hours import is_daytime, next_night, portal_zone
from scraper.hosting.priority import Priority, Reason
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.stored_error import error_to_row
from scraper.runs.backoff import WAITS

LOCK = 0x41757269
"""The number of the lock in the database under which the turns of several students are changed."""
Outcome: TypeAlias = Literal["read", "failed", "refused", "action", "postponed"]
CLICKS_APART = timedelta(minutes=2)
"""A click on Update so soon after a reading waits until this time is over."""
CANARIES_APART = timedelta(hours=18)
"""The time between two readings of a canary: one of the morning is read again late in the night, others by day."""
LONGEST_WAIT = timedelta(hours=26)
"""No turn is due later: the next night is 25 hours away at most, a new attempt after failures 24."""
OWN_LIMITS = frozenset({"paused", "no-place"})
IS_RUNNING = and_(turn.c.enqueued_at.is_not(None), turn.c.due_at.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingResult:
    """How a turn ended.

    After `read`, `lessons` are the portal's ids of all lessons in the planning, `changes` the keys of its changes
    (`classes.change_key`). `postponed` is no failure: the turn is due again as soon as the portal may be asked.
    `sealed` are the sealed credentials that the portal refused: new ones that came meanwhile are tried.
    """

    outcome: Outcome
    error: AurionError | None = None
    lessons: Collection[str] = ()
    changes: Collection[str] = ()
    sealed: bytes | None = None

    @classmethod
    def from_error(cls, error: AurionError, sealed: bytes | None = None) -> Self:
        """Return the result of a turn that ended with this error, with these sealed credentials."""
        match error:
            case LoginRefused():
                return cls(outcome="refused", error=error, sealed=sealed)
            case ActionNeeded():
                return cls(outcome="action", error=error)
            case AnotherRun():
                return cls(outcome="postponed")
            case PortalUnavailable(reason=reason) if reason in OWN_LIMITS:
                return cls(outcome="postponed")
        return cls(outcome="failed", error=error)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStatus:
    """The turn of a student, for the student's page. `error` is the stored error of the last reading, if it failed.

    `has_job` is true while the turn runs, or waits in the queue.
    """

    has_job: bool
    succeeded_at: datetime | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of all students."""

    engine: Engine
    settings: HostingSettings
    clock: Clock = DATABASE_CLOCK

    def add(self, student_id: UUID, portal: str) -> None:
        """Make a student's turn due now: after a sign-up, or after the student gave a new password."""
        with self.engine.begin() as connection:
            due = {"due_at": self.clock(), "priority": Priority.CLICK, "reason": "sign-up", "attempts": 0}
            new = insert(turn).values(student=student_id, portal=portal, **due)
            again = {**due, "portal": portal, "error": null()}
            connection.execute(new.on_conflict_do_update(index_elements=["student"], set_=again))

    def request_update(self, student_id: UUID) -> bool:
        """Make the turn due because the student asks for it; return False where the student has to log in again.

        A turn that runs already is not repeated.
        """
        with self.engine.begin() as connection:
            now = read_clock(connection, self.clock)
            earliest = func.least(func.greatest(now, turn.c.finished_at + CLICKS_APART), now + CLICKS_APART)
            asked = update(turn).where(turn.c.student == student_id, turn.c.student == student.c.id)
            asked = asked.where(student.c.state == "active")
            moved = asked.where(~IS_RUNNING).values(
                due_at=func.least(turn.c.due_at, earliest),
                priority=func.greatest(turn.c.priority, Priority.CLICK),
                reason="click",
            )
            return bool(connection.execute(moved).rowcount) or self._is_active(connection, student_id)

    def start(self, student_id: UUID) -> bool:
        """Begin the turn of a job; return False where there is nothing to do any more."""
        with self.engine.begin() as connection:
            if not self._is_active(connection, student_id):
                self._end(connection, student_id, due_at=null())
                return False
            own = update(turn).where(turn.c.student == student_id, turn.c.enqueued_at.is_not(None))
            return bool(connection.execute(own.values(started_at=self.clock(), due_at=None)).rowcount)

    def finish(self, student_id: UUID, result: ReadingResult) -> None:
        """Write how the turn ended and when the next one is due.

        A request that came while the turn ran stays. After a refused password the turn is never due again before `add`.
        """
        self._spread_changes(student_id, result)
        with self.engine.begin() as connection:
            if result.outcome in {"refused", "action"}:  # a deletion of the student locks in this order too
                owner = select(student.c.id).where(student.c.id == student_id)
                connection.execute(owner.with_for_update(key_share=True))
            own = select(turn, self.clock().label("now")).where(turn.c.student == student_id).with_for_update()
            if (row := connection.execute(own).one_or_none()) is None:
                return  # the student was deleted meanwhile
            now = row.now
            match result.outcome:
                case "read":
                    began = row.started_at or now
                    sample = lesson_sample(result.lessons) or row.lessons
                    due_at, reason = self._next_turn(row, began, now)
                    self._end(
                        connection, student_id, due_at, reason, Priority.NIGHT,
                        finished_at=now, succeeded_at=began, attempts=0, error=null(), lessons=sample,
                    )  # fmt: skip
                case "postponed":
                    self._end(connection, student_id, now, row.reason, row.priority)
                case "failed":
                    self._end(
                        connection, student_id, now + _wait(result.error, row.attempts), "retry", row.priority,
                        finished_at=now, attempts=turn.c.attempts + 1, error=_error_data(result.error),
                    )  # fmt: skip
                case "refused" | "action":
                    stopped = update(student).where(student.c.id == student_id)
                    if result.sealed is not None:
                        stopped = stopped.where(student.c.sealed == result.sealed)
                    if not connection.execute(stopped.values(state=result.outcome)).rowcount:
                        self._end(connection, student_id, now, "sign-up", Priority.CLICK)
                        return
                    self._end(
                        connection, student_id, due_at=null(), finished_at=now, attempts=turn.c.attempts + 1,
                        error=_error_data(result.error),
                    )  # fmt: skip
                    wake_channel(connection, student_id, self.clock)

    def _spread_changes(self, student_id: UUID, result: ReadingResult) -> None:
        """Make the class due where the reading found changes.

        It changes the turns of others, as the scheduler does. One at a time, and without a lock on the student's own
        turn: otherwise two of them could wait for each other.
        """
        if not result.changes:
            return
        with self.engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
            own = select(turn, self.clock().label("now")).where(turn.c.student == student_id)
            if (row := connection.execute(own).one_or_none()) is not None:
                spread_changes(connection, row, row.started_at or row.now, row.now, result.changes)

    def _next_turn(self, row: Row[Any], began: datetime, now: datetime) -> tuple[datetime, Reason]:
        """Return when a student who was read is due again, and why."""
        limits, zone = self.settings.politeness_for(row.portal), portal_zone(row.portal)
        if row.reason == "canary" and row.class_id is not None and is_daytime(began, limits, zone):
            return began + CANARIES_APART, "canary"
        return next_night(now, row.portal, self.settings), "night"

    def status(self, student_id: UUID) -> TurnStatus | None:
        """Return the turn of a student; None where there is none yet."""
        with self.engine.begin() as connection:
            row = connection.execute(select(turn).where(turn.c.student == student_id)).one_or_none()
        if row is None:
            return None
        return TurnStatus(has_job=row.enqueued_at is not None, succeeded_at=row.succeeded_at, error=row.error)

    @staticmethod
    def _is_active(connection: Connection, student_id: UUID) -> bool:
        state = connection.execute(select(student.c.state).where(student.c.id == student_id)).scalar_one_or_none()
        return state == "active"

    @staticmethod
    def _end(
        connection: Connection,
        student_id: UUID,
        due_at: datetime | Null,
        reason: str = "",
        priority: int = 0,
        **values: object,
    ) -> None:
        """End the turn; its next due time holds unless another request came meanwhile, or it is null."""
        if reason:
            is_free = turn.c.due_at.is_(None)
            values |= {
                "due_at": func.coalesce(turn.c.due_at, due_at),
                "reason": case((is_free, reason), else_=turn.c.reason),
                "priority": case((is_free, priority), else_=turn.c.priority),
            }
        else:
            values["due_at"] = due_at
        connection.execute(update(turn).where(turn.c.student == student_id).values(enqueued_at=None, **values))


def _wait(error: AurionError | None, attempts: int) -> timedelta:
    """Return the wait after a failure, longer after each in a row, as in unattended runs."""
    hours = WAITS[ExitCode(error.exit_code if error else ExitCode.BUG).may_pass]
    return timedelta(hours=hours[min(attempts, len(hours) - 1)])


def _error_data(error: AurionError | None) -> dict[str, Any] | None:
    return error_to_row(error) if error else None


def add_missing_turns(connection: Connection, clock: Clock) -> None:
    """Add a turn for each active student who has none: a sign-up was cut off before it."""
    columns: list[Any] = [student.c.id, student.c.school, clock(), literal(int(Priority.CLICK)), literal("sign-up")]
    without = student.c.id.not_in(select(turn.c.student))
    missing = select(*columns).where(student.c.state == "active", without)
    names = ["student", "portal", "due_at", "priority", "reason"]
    connection.execute(insert(turn).from_select(names, missing).on_conflict_do_nothing())


def release_lost_turns(connection: Connection, clock: Clock, known: Collection[UUID]) -> None:
    """Make turns due again that would not become due.

    They have lost their job: the queue was emptied, or the worker died. Or the student was active again, and what made
    the turn due was cut off. Or they are due later than any turn: the clock was set back.
    """
    is_idle = turn.c.enqueued_at.is_(None) & turn.c.due_at.is_(None) & (student.c.state == "active")
    lost = turn.c.enqueued_at.is_not(None) & turn.c.student.not_in(known)
    late = turn.c.due_at > clock() + LONGEST_WAIT
    stuck = update(turn).where(turn.c.student == student.c.id, or_(lost, is_idle, late))
    due_at = case((late, clock()), else_=func.coalesce(turn.c.due_at, clock()))
    connection.execute(stuck.values(enqueued_at=case((lost, null()), else_=turn.c.enqueued_at), due_at=due_at))


def claim_due_turns(
    connection: Connection,
    clock: Clock,
    portal: str,
    limit: int,
    known: Collection[UUID],
    *,
    at_least: int,
    after_pause: bool,
) -> list[tuple[UUID, int]]:
    """Mark the next due turns at a portal as enqueued; return their students and priorities, first one first.

    A student with a job, who is in `known`, gets no second one: a worker that was taken for dead may end a turn late.
    By night the planning that was read longest ago comes first. After a pause, students with a failed last reading come
    last: otherwise one of them would try the portal each time, and wait for many hours in the end.
    """
    order = case((turn.c.priority == Priority.NIGHT, turn.c.succeeded_at), else_=turn.c.due_at)
    due = (
        select(turn.c.student, turn.c.priority)
        .join(student, student.c.id == turn.c.student)
        .where(
            turn.c.portal == portal, turn.c.due_at <= clock(), turn.c.enqueued_at.is_(None),
            turn.c.priority >= at_least, student.c.state == "active", turn.c.student.not_in(known),
        )
        .order_by(
            *((turn.c.attempts,) if after_pause else ()),
            turn.c.priority.desc(), order.nulls_first(), turn.c.student,
        )
        .limit(limit)
        .with_for_update(of=turn, skip_locked=True)
    )  # fmt: skip
    claimed = [(row.student, row.priority) for row in connection.execute(due)]
    if claimed:
        marked = update(turn).where(turn.c.student.in_([one for one, _ in claimed]))
        connection.execute(marked.values(enqueued_at=clock()))
    return claimed
