"""Ledgers in a file and in PostgreSQL: history, limits, locks, errors."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from scraper.domain.planning import DAY
from scraper.errors import AnotherRun, LedgerDamaged, LedgerMissing, LedgerTooNew
from scraper.publishing.ledger import ledger as books_of
from scraper.publishing.ledger import tables
from tests.publishing.ledger.runs import NOW, Memory, Runs, lesson, recorded, target, week

FULL = (*week(6), lesson(900))


def test_reading_a_missing_ledger_is_an_error(run: Runs) -> None:
    """Reading and checking create no ledger."""
    with pytest.raises(LedgerMissing) as caught, run.ledger.reading():
        pass
    assert caught.value.exit_code == 2
    assert not run.ledger.exists()
    run.ledger.check()
    assert not run.ledger.exists()


def test_uncommitted_changes_are_lost(run: Runs) -> None:
    """A run that ends before its commit has changed nothing."""
    with run.ledger.writing() as books:
        books.record_events((), [NOW.date()], (), NOW)
    with run.ledger.reading() as books:
        assert books.covered_days() == set()


def test_history_returns_each_published_calendar(run: Runs, sink: Memory) -> None:
    """Each has its time, output, number of events, changes and bytes."""
    bodies = []
    for lessons in (FULL, FULL, FULL[:-1], FULL):
        run(recorded(lessons), target(sink))
        bodies.append(sink.body)
    with run.ledger.reading() as books:
        issues = books.published_calendars()
        numbers = [one.number for one in issues]
        assert numbers == sorted(set(numbers))
        assert [(one.output, one.events) for one in issues] == [("memory", 7)] * 3
        assert [books.calendar_body(n) for n in numbers] == [bodies[0], bodies[2], bodies[3]]
        assert [books.calendar_body(number) for number in (-1, 0, numbers[-1] + 1, 10**30)] == [None] * 4
    assert [one.at for one in issues] == [NOW + timedelta(hours=n) for n in (1, 3, 4)]
    assert [{k: n for k, n in one.changes.items() if n} for one in issues[1:]] == [{"cancelled": 1}, {"restored": 1}]


def test_last_fifty_calendars_of_each_output_are_kept(run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are not used again; calendars of another output are not counted."""
    assert books_of.MOST_CALENDARS == 50
    monkeypatch.setattr(books_of, "MOST_CALENDARS", 4)
    run(recorded(FULL), target(Memory("other")))
    seen = set[int]()
    for turn in range(7):
        run(recorded([*week(6), lesson(900, room=f"R{turn}")]), target(sink))
        with run.ledger.reading() as books:
            calendars = books.published_calendars()
        assert calendars[-1].number not in seen
        seen |= {one.number for one in calendars}
    assert [one.output for one in calendars] == ["other", *["memory"] * 4]


def test_calendars_of_more_than_a_year_ago_are_deleted_except_the_last(run: Runs, sink: Memory) -> None:
    """The last one stays, whatever its age."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink), now=NOW + 400 * DAY)
    with run.ledger.reading() as books:
        assert [one.at for one in books.published_calendars()] == [run.now]
        assert books.changes(NOW) != []


def test_unused_output_is_deleted_after_a_year(run: Runs, sink: Memory) -> None:
    """Keep its calendars and revisions until then."""
    other = Memory("other")
    run(recorded(FULL), target(sink), target(other))
    begun = run.now
    for days, kept in ((366, 7), (367, 0)):
        run(recorded(FULL), target(sink), now=begun + days * DAY)
        with run.ledger.reading() as books:
            assert len(books.revisions("other")) == kept
            assert any(one.output == "other" for one in books.published_calendars()) == bool(kept)
            assert len(books.revisions(sink.name)) == 7


def test_history_has_a_limit_in_bytes(run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest calendars are deleted, but never the last one."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    with run.ledger.reading() as books:
        size = sum(map(len, books.connection.scalars(select(tables.calendars.c.body))))
    monkeypatch.setattr(books_of, "MOST_BYTES", size)
    run(recorded(FULL), target(sink))
    with run.ledger.reading() as books:
        assert len(books.published_calendars()) in {1, 2}
    monkeypatch.setattr(books_of, "MOST_BYTES", 1)
    run(recorded(FULL[:-1]), target(sink))
    with run.ledger.reading() as books:
        assert [books.calendar_body(one.number) for one in books.published_calendars()] == [sink.body]


def test_changes_of_more_than_a_year_ago_are_deleted(run: Runs, sink: Memory) -> None:
    """Later changes stay."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    run(recorded(FULL), target(sink), now=run.now + 367 * DAY)
    with run.ledger.reading() as books:
        assert [one.at for one in books.changes()] == [run.now]


def test_accounts_have_separate_ledgers(run: Runs, sink: Memory) -> None:
    """A new ledger has no events of another account."""
    run(recorded(FULL), target(sink))
    other = run.other().ledger
    assert not other.exists()
    with other.writing() as books:
        assert books.tracked_events() == ()
    assert run.ledger.key != other.key


def test_second_run_waits_then_fails(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of other accounts and readers do not wait."""
    monkeypatch.setattr(tables, "PATIENCE", 0.2)
    with run.ledger.writing() as books:
        books.commit()
        with pytest.raises(AnotherRun) as caught, run.ledger.writing():
            pass
        with run.other().ledger.writing():
            pass
        with run.ledger.reading() as other:
            assert other.tracked_events() == ()
    assert (caught.value.exit_code, caught.value.transient) == (8, True)
    with run.ledger.writing():
        pass


def test_failed_run_releases_the_lock(run: Runs) -> None:
    """The next run does not wait, whatever the error was."""
    for error in (KeyboardInterrupt, ValueError):
        with pytest.raises(error), run.ledger.writing() as books:  # noqa: PT012 - the error comes after a change
            books.record_events((), [NOW.date()], (), NOW)
            raise error
    with run.ledger.writing() as books:
        assert books.covered_days() == set()


def test_ledger_of_a_later_version_is_refused(run: Runs, sink: Memory) -> None:
    """Exit code 10; the calendar stays."""
    run(recorded(FULL), target(sink))
    with run.ledger.writing() as books:
        books.connection.execute(update(tables.versions).values(version=tables.VERSION + 1))
        books.commit()
    before = sink.body
    for used in (run.ledger.check, lambda: run(recorded(FULL[:-1]), target(sink))):
        with pytest.raises(LedgerTooNew) as caught:
            used()
        assert (caught.value.exit_code, caught.value.facts["version"]) == (10, tables.VERSION + 1)
    assert sink.body == before


def test_damaged_events_are_reported(run: Runs, sink: Memory) -> None:
    """Exit code 2, with the name of the ledger; the calendar stays."""
    run(recorded(FULL), target(sink))
    with run.ledger.writing() as books:
        books.connection.execute(update(tables.events).values(event="{}"))
        books.commit()
    before = sink.body
    with pytest.raises(LedgerDamaged) as caught:
        run(recorded(FULL[:-1]), target(sink))
    assert (caught.value.exit_code, caught.value.facts["path"], sink.body) == (2, str(run.ledger.key), before)
