"""Classes of students with the same lessons, and the canary that is read for all."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from scraper.domain.changes import Added, Cancelled, Edited, Moved
from scraper.hosting.classes import CANARY_PERIOD, SAMPLE, change_key, form_classes, lesson_sample, update_classes
from scraper.hosting.database.service_tables import turn
from scraper.hosting.turns import CANARIES_APART, ReadingResult
from tests.factories import bare_event
from tests.hosting.hosted import MONDAY, SCHOOL, Service

# ---- forming them


def planning(course: int, group: int = 0) -> list[str]:
    """Return ids of lessons: most are the course's, some the group's."""
    return [f"{course}-{n}" for n in range(90)] + [f"{course}-{group}-{n}" for n in range(20)]


@given(st.permutations([(course, group) for course in range(3) for group in range(6)]))
@settings(max_examples=20)
def test_students_who_share_most_lessons_form_a_class(order: list[tuple[int, int]]) -> None:
    """The order in which they are read does not matter; a student without similar ones has no class."""
    students = {uuid4(): pair for pair in order}
    samples = {one: lesson_sample(planning(*pair)) for one, pair in students.items()}
    alone, without = uuid4(), uuid4()
    found = form_classes({**samples, alone: lesson_sample(planning(9)), without: []})
    assert {one: course for one, (course, _) in students.items()}.keys() == found.keys()
    assert len(set(found.values())) == 3
    assert len({(found[one], course) for one, (course, _) in students.items()}) == 3


def test_sample_of_lessons_is_small_and_stable() -> None:
    """The order of the lessons does not matter, and the numbers fit into a column."""
    ids = [str(n) for n in range(500)]
    sample = lesson_sample(ids)
    assert sample == lesson_sample(reversed(ids))
    assert len(sample) == SAMPLE
    assert all(-(2**63) <= number < 2**63 for number in sample)


def test_key_of_a_change_is_the_same_for_all_students() -> None:
    """Another change has another key. UIDs may differ between ledgers, so they do not count."""
    before, after = bare_event(MONDAY), bare_event(MONDAY + timedelta(hours=1))
    one, other = (Moved(uid=uid, before=before, after=after) for uid in ("a", "b"))
    assert change_key(one) == change_key(other)
    changes = [
        Moved(uid="a", before=before, after=after), Edited(uid="a", before=before, after=after),
        Moved(uid="a", before=after, after=before), Added(uid="a", after=before), Added(uid="a", after=after),
        Cancelled(uid="a", before=before),
    ]  # fmt: skip
    assert len({change_key(change) for change in changes}) == len(changes)


# ---- reading them


class ClassOfFive(Service):
    """A service with a class of five students, read one after the other in the morning."""

    students: list[UUID]

    def run(self, changes: Collection[str] = ()) -> list[tuple[UUID, str]]:
        """Run every due turn once, all with these changes; return students and reasons."""
        order = []
        while self.scheduler.tick():
            while self.queue.jobs:
                one = next(iter(self.queue.jobs))
                assert self.turns.start(one)
                order.append((one, self.reason(one)))
                self.clock.pass_(20)
                self.turns.finish(one, ReadingResult(outcome="read", lessons=planning(1), changes=changes))
                self.queue.jobs.pop(one)
        return order

    def reason(self, one: UUID) -> str:
        """Return why a student's turn is due."""
        with self.engine.begin() as connection:
            return str(connection.execute(select(turn.c.reason).where(turn.c.student == one)).scalar_one())


@pytest.fixture
def five(engine: Engine) -> ClassOfFive:
    """A class of five, read at nine."""
    made = ClassOfFive(engine)
    made.students = made.sign_up(5)
    made.run(["every lesson is new to a first reading"])
    with engine.begin() as connection:
        assert update_classes(connection, made.clock, SCHOOL) == 1
    return made


def test_first_reading_makes_no_other_student_due(five: ClassOfFive) -> None:
    """The lessons of a first reading are no changes."""
    assert five.run() == []


def test_canary_is_read_while_its_class_waits(five: ClassOfFive) -> None:
    """By day the members take turns; by night there is no canary."""
    canaries = []
    for _ in range(5):
        five.clock.pass_(CANARY_PERIOD.total_seconds())
        canaries += five.run()
    assert [reason for _, reason in canaries] == ["canary"] * 5
    assert {one for one, _ in canaries} == set(five.students)
    five.clock.now = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    assert five.run() == []


@pytest.mark.parametrize(("hour", "again"), [(11, "night"), (15, "canary")])
def test_canary_is_read_again_after_18_hours(five: ClassOfFive, hour: int, again: str) -> None:
    """Late in the night after a morning, on the next day after an afternoon; the others wait for the evening."""
    five.clock.now = datetime(2026, 11, 30, hour, tzinfo=UTC)
    ((canary, _),) = five.run()
    five.clock.now = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)
    evening = five.run()
    assert {one for one, _ in evening} == {*five.students} - {canary}
    assert {reason for _, reason in evening} == {"night"}
    five.clock.now = datetime(2026, 11, 30, hour, tzinfo=UTC) + CANARIES_APART
    five.turns.request_update(evening[0][0])
    assert five.run() == [(evening[0][0], "click"), (canary, "canary")]
    assert five.reason(canary) == again


def test_former_member_of_a_class_is_no_canary(five: ClassOfFive) -> None:
    """The student is read in the night like anyone without a class."""
    five.clock.pass_(hours=3)
    five.scheduler.tick()
    (one,) = five.queue.jobs
    five.turns.start(one)
    with five.engine.begin() as connection:
        connection.execute(update(turn).where(turn.c.student == one).values(class_id=None))
    five.turns.finish(one, ReadingResult(outcome="read", lessons=planning(2)))
    assert five.reason(one) == "night"


def test_class_that_waits_longest_is_read_first_after_a_pause(engine: Engine) -> None:
    """Its changes have been unseen for the longest time."""
    service = Service(engine)
    for number in range(3):
        for one in service.sign_up(2):
            service.scheduler.tick()
            service.turns.start(one)
            service.turns.finish(one, ReadingResult(outcome="read", lessons=planning(number * 100)))
            service.queue.jobs.clear()
        service.clock.pass_(minutes=10)
    with engine.begin() as connection:
        assert update_classes(connection, service.clock, SCHOOL) == 3
        waits = dict(connection.execute(select(turn.c.student, turn.c.succeeded_at)).all())
    service.clock.pass_(hours=4)
    service.scheduler.tick()
    read = [waits[one] for one in service.queue.jobs]
    assert len(read) == 3
    assert read == sorted(read)


def test_reading_after_a_click_replaces_the_canary(five: ClassOfFive) -> None:
    """The class is not read again for a while."""
    five.clock.pass_(CANARY_PERIOD.total_seconds() / 2)
    five.turns.request_update(five.students[0])
    assert [reason for _, reason in five.run()] == ["click"]
    five.clock.pass_(CANARY_PERIOD.total_seconds() / 2 + 60)
    assert five.run() == []


def test_change_makes_the_rest_of_the_class_due_once(five: ClassOfFive) -> None:
    """The same change causes no second round."""
    five.clock.pass_(CANARY_PERIOD.total_seconds())
    order = five.run(["moved"])
    assert [reason for _, reason in order] == ["canary", "class", "class", "class", "class"]
    assert {one for one, _ in order} == set(five.students)


def test_second_change_during_a_round_is_read_by_all(five: ClassOfFive) -> None:
    """Members who were read before it are read again."""
    five.clock.pass_(CANARY_PERIOD.total_seconds())
    five.scheduler.tick()
    began = []
    for number in range(7):
        if not five.queue.jobs:
            five.scheduler.tick()
        one = next(iter(five.queue.jobs))
        five.turns.start(one)
        began.append(five.clock.now)
        five.clock.pass_(20)
        changes = ["first"] if number < 2 else ["second"]
        five.turns.finish(one, ReadingResult(outcome="read", lessons=planning(1), changes=changes))
        five.queue.jobs.pop(one)
    assert five.run() == []
    with five.engine.begin() as connection:
        assert min(connection.execute(select(turn.c.succeeded_at)).scalars()) == began[2]


def test_member_with_a_refused_password_is_no_canary(five: ClassOfFive) -> None:
    """A change of the class does not make that turn due either."""
    for one in five.students[:4]:
        five.set_state(one, "refused")
    five.clock.pass_(CANARY_PERIOD.total_seconds())
    assert five.run(["moved"]) == [(five.students[4], "canary")]


def test_failed_canary_is_replaced_by_another_member(five: ClassOfFive) -> None:
    """The first one waits for its next attempt."""
    five.clock.pass_(CANARY_PERIOD.total_seconds())
    five.scheduler.tick()
    (one,) = five.queue.jobs
    five.turns.start(one)
    five.turns.finish(one, ReadingResult(outcome="failed"))
    five.queue.jobs.clear()
    ((other, reason),) = five.run()
    assert other != one
    assert reason == "canary"


def test_student_with_an_empty_planning_stays_in_the_class(five: ClassOfFive) -> None:
    """In the holidays the portal shows no lessons."""
    one = five.students[0]
    five.turns.request_update(one)
    five.clock.pass_(minutes=5)
    five.scheduler.tick()
    five.turns.start(one)
    five.turns.finish(one, ReadingResult(outcome="read"))
    with five.engine.begin() as connection:
        update_classes(connection, five.clock, SCHOOL)
        assert len(set(connection.execute(select(turn.c.class_id)).scalars())) == 1
