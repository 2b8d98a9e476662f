"""Pending changes: they are not published until a person decides, and then as a run would."""

from datetime import timedelta

import pytest

from scraper.domain.changes import counts
from scraper.errors import SettingsError, SinkUnavailable, SuspiciouslyEmpty
from scraper.parsing.read import read
from scraper.publishing.pending import PendingChanges, discard_pending, pending_changes
from scraper.publishing.publish import ExportResult, PublishOptions
from scraper.publishing.publish_pending import publish_pending
from scraper.publishing.target import CalendarTarget
from tests.publishing.ledger.runs import FULL, MARCH, ONE, SCHOOL, Lesson, Memory, Runs, lesson, recorded, target, week

CHANGED = (*week(5), lesson(900, room="IC2_100"))


def pending(run: Runs) -> PendingChanges | None:
    """Return the pending changes."""
    return pending_changes(run.ledger, run.now)


def stored_changes(run: Runs) -> list[str]:
    """Return the kinds of the changes that are stored as published."""
    with run.ledger.reading() as books:
        return [type(one.change).__name__ for one in books.changes()]


def publish_later(run: Runs, *targets: CalendarTarget, **how: object) -> ExportResult | None:
    """Publish the pending changes, an hour after the last run."""
    run.now += timedelta(hours=1)
    return publish_pending(run.ledger, SCHOOL, targets, PublishOptions(now=run.now, **how))  # type: ignore[arg-type]


def publish_then_hold(run: Runs, sink: Memory, lessons: tuple[Lesson, ...] = CHANGED) -> bytes | None:
    """Publish the first calendar, hold these lessons; return the calendar."""
    run(recorded(FULL), target(sink))
    assert run(recorded(lessons), target(sink), hold=True).held
    return sink.body


def test_held_changes_are_stored_and_not_published(run: Runs, sink: Memory) -> None:
    """The calendar stays, no change is stored as published, and the pending planning is complete."""
    run(recorded(FULL), target(sink))
    before = sink.body
    outcome = run(recorded(CHANGED), target(sink), hold=True)
    assert (sink.body, sink.written, stored_changes(run)) == (before, 1, [])
    found = pending(run)
    assert found is not None
    assert (outcome.held, outcome.changes) == (True, found.changes)
    assert {kind: n for kind, n in counts(found.changes).items() if n} == {"edited": 1, "cancelled": 1}
    assert (found.at, found.planning, found.suspicious) == (run.now, read(recorded(CHANGED)), False)


def test_first_calendar_and_new_days_are_not_held(run: Runs, sink: Memory) -> None:
    """Nothing can surprise there."""
    assert not run(recorded(week(3)), target(sink), hold=True).held
    assert sink.written == 1
    assert not run(recorded(week(3)), target(sink), hold=True).held
    assert pending(run) is None


def test_publishing_pending_changes_equals_a_run(run: Runs, sink: Memory) -> None:
    """Calendar and stored changes are the same, and nothing is pending afterwards."""
    publish_then_hold(run, sink)
    outcome = publish_later(run, target(sink))
    other, beside = run.other(), Memory()
    other(recorded(FULL), target(beside))
    direct = other(recorded(CHANGED), target(beside), now=run.now)
    assert outcome is not None
    assert (sink.body, outcome.changes, outcome.held) == (beside.body, direct.changes, False)
    assert sorted(stored_changes(run)) == sorted(stored_changes(other)) == ["Cancelled", "Edited"]
    assert pending(run) is None
    assert publish_later(run, target(sink)) is None


def test_later_run_discards_pending_changes(run: Runs, sink: Memory) -> None:
    """The earlier planning is out of date."""
    publish_then_hold(run, sink)
    run(recorded(FULL), target(sink))
    assert pending(run) is None


def test_later_held_run_replaces_pending_changes(run: Runs, sink: Memory) -> None:
    """An account has one pending planning."""
    publish_then_hold(run, sink)
    run(recorded(week(6)), target(sink), hold=True)
    found = pending(run)
    assert found is not None
    assert [type(change).__name__ for change in found.changes] == ["Cancelled"]


def test_discarded_changes_are_found_again(run: Runs, sink: Memory) -> None:
    """The calendar stays, and the next run holds the changes again."""
    before = publish_then_hold(run, sink)
    assert discard_pending(run.ledger)
    assert not discard_pending(run.ledger)
    assert (pending(run), sink.body) == (None, before)
    assert run(recorded(CHANGED), target(sink), hold=True).held


def test_suspiciously_empty_planning_is_pending_in_every_mode(run: Runs, sink: Memory) -> None:
    """The run fails; publishing needs no other run."""
    run(recorded(FULL), target(sink))
    before = sink.body
    with pytest.raises(SuspiciouslyEmpty):
        run(recorded(()), target(sink))
    found = pending(run)
    assert found is not None
    assert (found.suspicious, sink.body) == (True, before)
    assert publish_later(run, target(sink)) is not None
    assert [event["STATUS"] for event in sink.events.values()] == ["CANCELLED"] * len(FULL)


def test_pending_changes_of_a_lost_ledger_are_those_of_the_calendar(run: Runs, sink: Memory) -> None:
    """The ledger is rebuilt from the calendar, and SEQUENCE continues."""
    run(recorded(FULL), target(sink))
    run.lose()
    outcome = run(recorded(CHANGED), target(sink), hold=True)
    found = pending(run)
    assert outcome.held
    assert found is not None
    assert [type(change).__name__ for change in found.changes] == [type(one).__name__ for one in outcome.changes or ()]
    assert publish_later(run, target(sink)) is not None
    assert (sink.event(ONE)["SEQUENCE"], sink.event(ONE)["LOCATION"]) == ("1", "IC2_100")


def test_interrupted_publication_leaves_changes_pending(run: Runs, sink: Memory) -> None:
    """Nothing is stored, published or lost."""
    before, waited = publish_then_hold(run, sink), pending(run)

    def broken_off() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish_later(run, target(sink), before_commit=broken_off)
    now = pending(run)
    assert waited is not None
    assert now is not None
    assert (sink.body, stored_changes(run), now.changes) == (before, [], waited.changes)


def test_failed_delivery_leaves_changes_pending(run: Runs, sink: Memory) -> None:
    """The destination is checked first."""
    publish_then_hold(run, sink)
    sink.broken = True
    with pytest.raises(SinkUnavailable):
        publish_later(run, target(sink))
    assert pending(run) is not None


def test_pending_changes_are_refused_for_another_output(run: Runs, sink: Memory) -> None:
    """The known file would stay as it is; the error names the known files."""
    publish_then_hold(run, sink)
    with pytest.raises(SettingsError) as caught:
        publish_later(run, target(Memory(name="elsewhere")))
    assert (caught.value.reason, caught.value.facts["near"]) == ("held-elsewhere", ["memory"])
    assert pending(run) is not None


def test_missing_ledger_has_no_pending_changes(run: Runs, sink: Memory) -> None:
    """None of the functions creates a ledger."""
    assert (pending(run), publish_later(run, target(sink)), discard_pending(run.ledger)) == (None, None, False)
    assert not run.ledger.exists()


def test_pending_planning_keeps_its_period_and_covered_days(run: Runs, sink: Memory) -> None:
    """Both are those of the held run."""
    publish_then_hold(run, sink)
    found = pending(run)
    assert found is not None
    assert (found.planning.period, found.planning.proved) == (MARCH, (MARCH,))
