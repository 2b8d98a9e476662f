"""Turns in any order of events: none is lost or run twice at once, and no refused password is tried again."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from scraper.errors import PortalUnavailable, WrongCredentials
from scraper.hosting.database.service_tables import class_change, portal, portal_fault, student
from scraper.hosting.turns import ReadingResult
from tests.hosting.hosted import SCHOOL, Service

STEPS = (
    "tick", "start", "read", "change", "fail", "refuse", "click", "lose_jobs", "die", "give_password", "hour", "back",
    "pause",
)  # fmt: skip
RESULTS = {
    "read": ReadingResult(outcome="read", lessons=["1", "2"]),
    "change": ReadingResult(outcome="read", lessons=["1", "2"], changes=["moved"]),
    "fail": ReadingResult.from_error(PortalUnavailable("timeout")),
    "refuse": ReadingResult.from_error(WrongCredentials(), b"sealed"),
}


class World:
    """A service, and what its students' turns should be."""

    def __init__(self, engine: Engine) -> None:
        with engine.begin() as connection:
            for table in (student, portal, portal_fault, class_change):
                connection.execute(delete(table))
        self.service = Service(engine)
        self.students = self.service.sign_up(3)
        self.running: set[UUID] = set()
        self.refused: set[UUID] = set()

    def do(self, step: str, one: UUID) -> None:
        """Do a step with a student, if it is possible now."""
        if step in RESULTS:
            self.finish(one, step)
        elif step in {"hour", "back"}:
            self.service.clock.pass_(hours=1 if step == "hour" else -1)
        elif step == "pause":
            self.service.limits.record_fault(SCHOOL, "overload")
        else:
            getattr(self, step)(one)

    def tick(self, _: UUID) -> None:
        """Let the scheduler look; it leaves refused students alone."""
        before = set(self.service.queue.jobs)
        self.service.scheduler.tick()
        assert not self.refused & (set(self.service.queue.jobs) - before)

    def start(self, one: UUID) -> None:
        """Begin the job of a student."""
        if one not in self.service.queue.jobs or one in self.running:
            return
        if self.service.turns.start(one):
            assert one not in self.refused
            self.running.add(one)
        else:
            self.service.queue.jobs.pop(one)

    def finish(self, one: UUID, step: str) -> None:
        """End the turn of a student."""
        if one in self.running:
            self.service.turns.finish(one, RESULTS[step])
            self.die(one)
            self.refused |= {one} if step == "refuse" else set()

    def click(self, one: UUID) -> None:
        """Ask for an update; only a student with a refused password hears no."""
        assert self.service.turns.request_update(one) is (one not in self.refused)

    def lose_jobs(self, _: UUID) -> None:
        """Empty the queue; workers go on with what they have."""
        self.service.queue.jobs = dict.fromkeys(self.running, 0)

    def die(self, one: UUID) -> None:
        """End a worker with its job."""
        self.service.queue.jobs.pop(one, None)
        self.running.discard(one)

    def give_password(self, one: UUID) -> None:
        """Give a new password after a refusal."""
        if one in self.refused:
            self.service.set_state(one, "active")
            self.service.turns.add(one, SCHOOL)
            self.refused.discard(one)


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), max_size=20))
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_student_is_read_after_any_events(engine: Engine, steps: list[tuple[str, int]]) -> None:
    """A quiet day follows; students with a refused password are left out."""
    world = World(engine)
    for step, number in steps:
        world.do(step, world.students[number])
    service, began = world.service, world.service.clock.now + timedelta(hours=2)
    service.queue.jobs.clear()
    world.running.clear()
    read: set[UUID] = set()
    service.clock.now = began
    for _ in range(9):
        service.clock.pass_(hours=4)
        service.scheduler.tick()
        for one in list(service.queue.jobs):
            assert service.turns.start(one)
            service.turns.finish(one, RESULTS["read"])
            service.queue.jobs.pop(one)
            read.add(one)
    assert read == set(world.students) - world.refused
