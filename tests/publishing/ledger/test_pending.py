"""Changes that wait for a person's decision: nothing is published before it, then what a run would have."""

from datetime import timedelta

import pytest

from scraper.domain.changes import counts
from scraper.errors import SettingsError, SinkUnavailable, SuspiciouslyEmpty
from scraper.parsing.read import read
from scraper.publishing.pending import PendingChanges, discard_pending, pending_changes
from scraper.publishing.publish import ExportResult, PublishOptions
from scraper.publishing.publish_pending import publish_pending
from scraper.publishing.target import CalendarTarget
from tests.publishing.ledger.runs import MARCH, SCHOOL, Lesson, Memory, Runs, lesson, recorded, target, week

ONE = lesson(900)
FULL = (*week(6), ONE)
CHANGED = (*week(5), lesson(900, room="IC2_100"))


def held(run: Runs) -> PendingChanges | None:
    """What waits."""
    return pending_changes(run.ledger, run.now)


def reported(run: Runs) -> list[str]:
    """The kinds of the changes that are remembered as published."""
    with run.ledger.reading() as books:
        return [type(one.change).__name__ for one in books.changes()]


def published(run: Runs, *targets: CalendarTarget, **how: object) -> ExportResult | None:
    """A person's decision, an hour after the last run."""
    run.now += timedelta(hours=1)
    return publish_pending(run.ledger, SCHOOL, targets, PublishOptions(now=run.now, **how))  # type: ignore[arg-type]


def after(run: Runs, sink: Memory, lessons: tuple[Lesson, ...] = CHANGED) -> bytes | None:
    """The calendar once the first one is published and these lessons wait."""
    run(recorded(FULL), target(sink))
    assert run(recorded(lessons), target(sink), hold=True).held
    return sink.body


def test_changes_wait_and_nothing_else_happens(run: Runs, sink: Memory) -> None:
    """The calendar is not touched, no change is remembered; what waits says what would change, and holds it all."""
    run(recorded(FULL), target(sink))
    before = sink.body
    outcome = run(recorded(CHANGED), target(sink), hold=True)
    assert (sink.body, sink.written, reported(run)) == (before, 1, [])
    found = held(run)
    assert found is not None
    assert (outcome.held, outcome.changes) == (True, found.changes)
    assert {kind: n for kind, n in counts(found.changes).items() if n} == {"edited": 1, "cancelled": 1}
    assert (found.at, found.planning, found.suspicious) == (run.now, read(recorded(CHANGED)), False)


def test_where_nothing_changed_it_is_published_as_always(run: Runs, sink: Memory) -> None:
    """The first calendar too, for no one can be surprised; and days that only come into view."""
    assert not run(recorded(week(3)), target(sink), hold=True).held
    assert sink.written == 1
    assert not run(recorded(week(3)), target(sink), hold=True).held
    assert held(run) is None


def test_a_word_publishes_what_a_run_would_have(run: Runs, sink: Memory) -> None:
    """The same calendar, byte for byte, the same changes remembered; then nothing waits any more."""
    after(run, sink)
    outcome = published(run, target(sink))
    other, beside = run.other(), Memory()
    other(recorded(FULL), target(beside))
    direct = other(recorded(CHANGED), target(beside), now=run.now)
    assert outcome is not None
    assert (sink.body, outcome.changes, outcome.held) == (beside.body, direct.changes, False)
    assert sorted(reported(run)) == sorted(reported(other)) == ["Cancelled", "Edited"]
    assert held(run) is None
    assert published(run, target(sink)) is None


def test_a_later_run_that_publishes_makes_it_void(run: Runs, sink: Memory) -> None:
    """What was read before has nothing to say any more."""
    after(run, sink)
    run(recorded(FULL), target(sink))
    assert held(run) is None


def test_of_two_runs_the_later_one_waits(run: Runs, sink: Memory) -> None:
    """There is one for an account."""
    after(run, sink)
    run(recorded(week(6)), target(sink), hold=True)
    found = held(run)
    assert found is not None
    assert [type(change).__name__ for change in found.changes] == ["Cancelled"]


def test_what_is_dropped_is_forgotten(run: Runs, sink: Memory) -> None:
    """The calendar stays; the next run finds the changes again."""
    before = after(run, sink)
    assert discard_pending(run.ledger)
    assert not discard_pending(run.ledger)
    assert (held(run), sink.body) == (None, before)
    assert run(recorded(CHANGED), target(sink), hold=True).held


def test_a_planning_that_is_suspiciously_empty_waits_in_every_mode(run: Runs, sink: Memory) -> None:
    """The run is an error as ever; a person's decision then publishes it without another run."""
    run(recorded(FULL), target(sink))
    before = sink.body
    with pytest.raises(SuspiciouslyEmpty):
        run(recorded(()), target(sink))
    found = held(run)
    assert found is not None
    assert (found.suspicious, sink.body) == (True, before)
    assert published(run, target(sink)) is not None
    assert [event["STATUS"] for event in sink.events.values()] == ["CANCELLED"] * len(FULL)


def test_with_a_lost_ledger_the_calendar_that_is_there_is_what_would_change(run: Runs, sink: Memory) -> None:
    """It is compared with, kept as what is known, and goes on when the word comes."""
    run(recorded(FULL), target(sink))
    run.lose()
    outcome = run(recorded(CHANGED), target(sink), hold=True)
    found = held(run)
    assert outcome.held
    assert found is not None
    assert [type(change).__name__ for change in found.changes] == [type(one).__name__ for one in outcome.changes or ()]
    assert published(run, target(sink)) is not None
    assert (sink.event(ONE)["SEQUENCE"], sink.event(ONE)["LOCATION"]) == ("1", "IC2_100")


def test_broken_off_before_the_commit_it_still_waits(run: Runs, sink: Memory) -> None:
    """Nothing is remembered, nothing is published, nothing is lost."""
    before, waited = after(run, sink), held(run)

    def broken_off() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        published(run, target(sink), before_commit=broken_off)
    now = held(run)
    assert waited is not None
    assert now is not None
    assert (sink.body, reported(run), now.changes) == (before, [], waited.changes)


def test_a_calendar_that_cannot_be_written_leaves_it_waiting(run: Runs, sink: Memory) -> None:
    """It is looked at first."""
    after(run, sink)
    sink.broken = True
    with pytest.raises(SinkUnavailable):
        published(run, target(sink))
    assert held(run) is not None


def test_it_is_published_where_the_account_s_calendars_are(run: Runs, sink: Memory) -> None:
    """To another file alone it would leave the one that people read as it is: refused, with the files known."""
    after(run, sink)
    with pytest.raises(SettingsError) as caught:
        published(run, target(Memory(name="elsewhere")))
    assert (caught.value.reason, caught.value.facts["near"]) == ("held-elsewhere", ["memory"])
    assert held(run) is not None


def test_without_a_ledger_nothing_waits(run: Runs, sink: Memory) -> None:
    """And none is made by asking."""
    assert (held(run), published(run, target(sink)), discard_pending(run.ledger)) == (None, None, False)
    assert not run.ledger.exists()


def test_days_asked_of_a_planning_that_waits_are_those_of_its_run(run: Runs, sink: Memory) -> None:
    """Period and proved days come back as they were."""
    after(run, sink)
    found = held(run)
    assert found is not None
    assert (found.planning.period, found.planning.proved) == (MARCH, (MARCH,))
