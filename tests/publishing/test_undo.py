"""Undo of a publication: the calendar is as before, and the same changes are pending."""

from dataclasses import replace
from datetime import timedelta

from scraper.domain.changes import counts
from scraper.publishing.pending import pending_changes
from scraper.publishing.publish import PublishOptions
from scraper.publishing.publish_pending import publish_pending
from scraper.publishing.undo import time_before_last_change, undo_changes
from tests.publishing.ledger.runs import MARCH, SCHOOL, Lesson, Memory, Runs, lesson, recorded, target, unstamped, week

BEFORE = week(6)
AFTER = (
    replace(BEFORE[0], start=BEFORE[0].start + timedelta(hours=3)),
    replace(BEFORE[1], room="IC2_101"),
    *BEFORE[3:],
    lesson(99, 12, subject="Rattrapage"),
)
"""Lessons with a move, an edit, a cancellation and an addition."""


def shown(sink: Memory) -> dict[str, dict[str, str]]:
    """Return the events of the calendar without their revisions."""
    return {uid: unstamped(event) for uid, event in sink.events.items()}


def undo(run: Runs, sink: Memory) -> int:
    """Undo the last changes."""
    since = time_before_last_change(run.ledger)
    assert since
    run.now += timedelta(hours=1)
    return undo_changes(run.ledger, SCHOOL, [target(sink)], since, period=MARCH, now=run.now)


def sequences(sink: Memory, lessons: tuple[Lesson, ...]) -> list[int]:
    """Return the revisions of these lessons."""
    return [int(sink.events[one.uid]["SEQUENCE"]) for one in lessons if one.uid in sink.events]


def test_publication_is_undone(run: Runs, sink: Memory) -> None:
    """Revisions rise, so that each client accepts them; the changes are pending and can be published again."""
    run(recorded(BEFORE), target(sink))
    old = shown(sink)
    run(recorded(AFTER), target(sink))
    new, revisions = shown(sink), sequences(sink, BEFORE[:3])
    assert undo(run, sink) == 4
    assert shown(sink) == old
    assert [after > before for after, before in zip(sequences(sink, BEFORE[:3]), revisions, strict=True)] == [True] * 3
    pending = pending_changes(run.ledger, run.now)
    assert pending
    assert counts(pending.changes) == {"added": 1, "moved": 1, "edited": 1, "cancelled": 1, "restored": 0}
    publish_pending(run.ledger, SCHOOL, [target(sink)], PublishOptions(now=run.now + timedelta(hours=1)))
    assert shown(sink) == new


def test_publications_are_undone_one_after_the_other(run: Runs, sink: Memory) -> None:
    """A cancelled and restored lesson has its earlier state at each step; the first publication cannot be undone."""
    states = []
    for lessons in (BEFORE, BEFORE[1:], BEFORE):
        run(recorded(lessons), target(sink))
        states.append(shown(sink))
    for state in reversed(states[:-1]):
        undo(run, sink)
        assert shown(sink) == state
    assert time_before_last_change(run.ledger) is None


def test_undone_change_stays_undone_with_review(run: Runs, sink: Memory) -> None:
    """The next run finds the same changes and holds them."""
    run(recorded(BEFORE), target(sink))
    old = shown(sink)
    run(recorded(AFTER), target(sink))
    undo(run, sink)
    assert run(recorded(AFTER), target(sink), hold=True).held
    assert shown(sink) == old
