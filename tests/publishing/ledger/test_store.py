"""The ledger's file: who may read it, how much it keeps, and what is reported when it cannot be used."""

import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from scraper.domain.planning import DAY
from scraper.errors import AnotherRun, AurionError, LedgerDamaged, LedgerError, LedgerMissing, LedgerTooNew, StateError
from scraper.publishing.ledger import ledger as books_of
from scraper.publishing.ledger import tables
from scraper.publishing.ledger.ledger_file import LedgerFile
from tests.publishing.ledger.runs import NOW, PARIS, Memory, Runs, lesson, recorded, target, week

ONE = lesson(900)
FULL = (*week(6), ONE)
HOLDER = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


def refused(run: Runs, sink: Memory) -> AurionError:
    """The error of a run that has a change to publish; the calendar stays as it was."""
    before = sink.body, sink.written
    with pytest.raises(AurionError) as caught:
        run(recorded(FULL[:-1]), target(sink))
    assert (sink.body, sink.written) == before
    return caught.value


def test_the_ledger_is_its_user_s_alone(run: Runs, sink: Memory) -> None:
    """0700 the folder, 0600 each file in it, whatever the umask."""
    mask = os.umask(0)
    try:
        run(recorded(FULL), target(sink))
        with run.ledger.reading():
            files = {path.name: path.stat().st_mode & 0o777 for path in run.path.parent.iterdir()}
    finally:
        os.umask(mask)
    assert files.keys() >= {"one.sqlite"}
    assert set(files.values()) == {0o600}
    assert run.path.parent.stat().st_mode & 0o777 == 0o700


def test_looking_into_a_ledger_that_is_not_there(run: Runs) -> None:
    """Reported, and none is made."""
    with pytest.raises(LedgerMissing) as caught, run.ledger.reading():
        pass
    assert caught.value.exit_code == 2
    assert not run.path.exists()


def test_what_is_not_committed_is_forgotten(run: Runs) -> None:
    """A run that ends before that has changed nothing."""
    with run.ledger.writing() as books:
        books.record_events((), [NOW.date()], (), NOW)
    with run.ledger.reading() as books:
        assert books.covered_days() == set()


@pytest.mark.parametrize("body", [b"not a database", b"SQLite format 3\0" + b"\xff" * 200], ids=["text", "torn"])
def test_a_file_that_is_no_ledger(run: Runs, sink: Memory, body: bytes) -> None:
    """Damaged, exit 2; the file stays, to be looked at."""
    run(recorded(FULL), target(sink))
    for path in run.path.parent.glob("*.sqlite-*"):
        path.unlink()
    run.path.write_bytes(body)
    error = refused(run, sink)
    assert (type(error), error.exit_code, error.facts["path"]) == (LedgerDamaged, 2, str(run.path))
    assert run.path.read_bytes() == body


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET event = 'x'",
        "UPDATE events SET event = '{}'",
        "UPDATE events SET first_seen = 'x'",
        "UPDATE days SET day = 'x' || day",
        "UPDATE published SET revised = 'x'",
        "UPDATE published SET sequence = 'x'",
        "UPDATE calendars SET body = x'00'",
        "UPDATE ledger SET version = 'x'",
        "ALTER TABLE events DROP COLUMN last_seen",
    ],
)
def test_a_ledger_with_a_wrong_value(run: Runs, sink: Memory, damage: str) -> None:
    """Whatever is wrong in whatever table is damage, with the ledger's path, and no traceback."""
    run(recorded(FULL), target(sink))
    connection = sqlite3.connect(run.path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    error = refused(run, sink)
    assert (type(error), error.exit_code, error.facts["path"]) == (LedgerDamaged, 2, str(run.path))


def test_a_history_with_a_wrong_value(run: Runs, sink: Memory) -> None:
    """The same where it is only looked at."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    connection = sqlite3.connect(run.path)
    for damage in ("UPDATE changes SET kind = 'x'", "UPDATE calendars SET changes = 'x', body = x'00'"):
        connection.execute(damage)
    connection.commit()
    connection.close()
    with pytest.raises(LedgerDamaged), run.ledger.reading() as books:
        books.changes()
    with pytest.raises(LedgerDamaged), run.ledger.reading() as books:
        books.published_calendars()
    with pytest.raises(LedgerDamaged) as caught, run.ledger.reading() as books:
        books.calendar_body(1)
    assert caught.value.facts["path"] == str(run.path)


@pytest.mark.slow
def test_a_ledger_with_any_bytes_wrong(run: Runs, sink: Memory) -> None:
    """Bytes flipped or the end cut off: an error of the ledger, with the calendar as it was, or a run like another."""
    run(recorded(FULL), target(sink))
    whole, calendar, random = run.path.read_bytes(), sink.body, Random(1)  # noqa: S311 - chance, no secret
    refusals = 0
    for turn in range(150):
        torn = bytearray(whole)
        for _ in range(random.choice([1, 20, 400])):
            torn[random.randrange(len(torn))] = random.randrange(256)
        for path in run.path.parent.glob("*.sqlite-*"):
            path.unlink()
        run.path.write_bytes(torn[: random.randrange(len(torn))] if turn % 3 == 0 else torn)
        sink.body = calendar
        try:
            run(recorded(FULL[:-1]), target(sink), accept_empty=True)
        except LedgerError:
            refusals += 1
            assert sink.body == calendar
        else:
            assert len(sink.events) >= 6
    assert refusals > 10


def test_a_ledger_of_a_later_version(run: Runs, sink: Memory) -> None:
    """Exit 10, and nothing in it is touched."""
    run(recorded(FULL), target(sink))
    connection = sqlite3.connect(run.path)
    connection.execute("UPDATE ledger SET version = version + 1")
    connection.commit()
    connection.close()
    error = refused(run, sink)
    assert (type(error), error.exit_code, error.facts["version"]) == (LedgerTooNew, 10, tables.VERSION + 1)


def test_another_run_holds_the_lock(run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 8, to be tried later; the lock dies with the process that held it, however that ends."""
    run(recorded(FULL), target(sink))
    monkeypatch.setattr(tables, "PATIENCE", 0.2)
    lock = run.path.with_suffix(".lock")
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        error = refused(run, sink)
        assert (type(error), error.exit_code, error.transient) == (AnotherRun, 8, True)
        with run.ledger.reading() as books:
            assert len(books.tracked_events()) == 7
        holder.kill()
    run(recorded(FULL[:-1]), target(sink))
    assert sink.event(ONE)["STATUS"] == "CANCELLED"


def test_a_folder_that_cannot_be_made(tmp_path: Path, sink: Memory) -> None:
    """Its parent is a file: exit 8, the system's own words, nothing published."""
    (tmp_path / "file").write_bytes(b"")
    run = Runs(tmp_path / "file" / "ledgers" / "one.sqlite")
    error = refused(run, sink)
    assert (type(error), error.exit_code, bool(error.facts["detail"])) == (StateError, 8, True)


def test_a_folder_where_the_ledger_should_be(run: Runs, sink: Memory) -> None:
    """Exit 8 too."""
    run.path.mkdir(parents=True)
    error = refused(run, sink)
    assert (type(error), error.exit_code) == (LedgerError, 8)


def test_an_empty_file_is_a_new_ledger(run: Runs, sink: Memory) -> None:
    """It was made and nothing came into it: rebuilt from the calendar."""
    run(recorded(FULL), target(sink))
    for path in run.path.parent.glob("*"):
        path.unlink()
    run.path.touch()
    assert run(recorded(FULL), target(sink)).changes == ()
    assert sink.written == 1


def test_the_history_gives_each_calendar_back(run: Runs, sink: Memory) -> None:
    """When, for which output, how many events, what changed, and its very bytes."""
    bodies = []
    for lessons in (FULL, FULL, FULL[:-1], FULL):
        run(recorded(lessons), target(sink))
        bodies.append(sink.body)
    with run.ledger.reading() as books:
        issues = books.published_calendars()
        assert [(one.number, one.output, one.events) for one in issues] == [(n, "memory", 7) for n in (1, 2, 3)]
        assert [books.calendar_body(n) for n in (1, 2, 3)] == [bodies[0], bodies[2], bodies[3]]
        assert [books.calendar_body(number) for number in (-1, 0, 4, 10**30)] == [None] * 4
    assert [one.at for one in issues] == [NOW + timedelta(hours=n) for n in (1, 3, 4)]
    assert [{k: n for k, n in one.changes.items() if n} for one in issues[1:]] == [{"cancelled": 1}, {"restored": 1}]


def test_the_last_fifty_calendars_of_each_output_are_kept(
    run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older ones go, their numbers are not used again; another output's are not counted."""
    assert books_of.MOST_CALENDARS == 50
    monkeypatch.setattr(books_of, "MOST_CALENDARS", 4)
    run(recorded(FULL), target(Memory("other")))
    for turn in range(7):
        run(recorded([*week(6), lesson(900, room=f"R{turn}")]), target(sink))
    with run.ledger.reading() as books:
        assert [(one.number, one.output) for one in books.published_calendars()] == [
            (1, "other"),
            *((number, "memory") for number in (5, 6, 7, 8)),
        ]


def test_calendars_of_more_than_a_year_ago_go_but_never_the_last(run: Runs, sink: Memory) -> None:
    """The one that was published last stays, however old."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink), now=NOW + 400 * DAY)
    with run.ledger.reading() as books:
        assert [one.number for one in books.published_calendars()] == [2]
        assert books.changes(NOW) != []


def test_a_calendar_that_is_made_no_more_is_forgotten_after_a_year(run: Runs, sink: Memory) -> None:
    """Its bodies and its stamps; where a year has not passed all stays, and its SEQUENCE goes on."""
    other = Memory("other")
    run(recorded(FULL), target(sink), target(other))
    begun = run.now
    for days, kept in ((366, 7), (367, 0)):
        run(recorded(FULL), target(sink), now=begun + days * DAY)
        with run.ledger.reading() as books:
            assert len(books.revisions("other")) == kept
            assert any(one.output == "other" for one in books.published_calendars()) == bool(kept)
            assert len(books.revisions(sink.name)) == 7


def test_the_history_is_bounded_in_bytes(run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is over the bound goes, oldest first, but never the last one."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    with run.ledger.reading() as books:
        size = sum(
            len(books.connection.exec_driver_sql("SELECT body FROM calendars").scalars().all()[n]) for n in (0, 1)
        )
    monkeypatch.setattr(books_of, "MOST_BYTES", size)
    run(recorded(FULL), target(sink))
    with run.ledger.reading() as books:
        assert len(books.published_calendars()) in {1, 2}
    monkeypatch.setattr(books_of, "MOST_BYTES", 1)
    run(recorded(FULL[:-1]), target(sink))
    with run.ledger.reading() as books:
        assert [books.calendar_body(one.number) for one in books.published_calendars()] == [sink.body]


def test_changes_of_more_than_a_year_ago_go(run: Runs, sink: Memory) -> None:
    """What is reported has a bound too."""
    run(recorded(FULL), target(sink))
    run(recorded(FULL[:-1]), target(sink))
    run(recorded(FULL), target(sink), now=run.now + 367 * DAY)
    with run.ledger.reading() as books:
        assert [one.at for one in books.changes()] == [run.now]


def test_two_accounts_know_nothing_of_each_other(run: Runs, sink: Memory) -> None:
    """Each has its own file."""
    run(recorded(FULL), target(sink))
    other = LedgerFile(run.path.with_name("two.sqlite"), PARIS)
    with other.writing() as books:
        assert books.tracked_events() == ()


def test_a_file_that_a_killed_run_left_beside_the_ledger_goes_with_time(tmp_path: Path) -> None:
    """An old temporary file is deleted by the next run that writes; a fresh one may be another run's."""
    old, fresh = (tmp_path / f".{digit * 16}.tmp" for digit in "ab")
    for file in (old, fresh):
        file.touch()
    os.utime(old, (0, 0))
    with LedgerFile(tmp_path / "one.sqlite", PARIS).writing():
        pass
    assert (old.exists(), fresh.exists()) == (False, True)
