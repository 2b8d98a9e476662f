"""The ledger's file: who may read it, how much it keeps, and what is reported when it cannot be used."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from scraper.errors import AnotherRun, AurionError, LedgerDamaged, LedgerError, StateError
from scraper.publishing.ledger import tables
from scraper.publishing.ledger.ledger_file import LedgerFile
from scraper.publishing.pending import pending_changes
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


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    """Runs with a ledger in a folder that does not exist yet."""
    return Runs(tmp_path / "state" / "ledgers" / "one.sqlite")


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


def test_a_file_that_a_killed_run_left_beside_the_ledger_goes_with_time(tmp_path: Path) -> None:
    """An old temporary file is deleted by the next run that writes; a fresh one may be another run's."""
    old, fresh = (tmp_path / f".{digit * 16}.tmp" for digit in "ab")
    for file in (old, fresh):
        file.touch()
    os.utime(old, (0, 0))
    with LedgerFile(tmp_path / "one.sqlite", PARIS).writing():
        pass
    assert (old.exists(), fresh.exists()) == (False, True)


def test_a_ledger_of_an_earlier_version_can_hold_too(run: Runs, sink: Memory) -> None:
    """The table is made where it is missing."""
    run(recorded(FULL), target(sink))
    with run.ledger.writing() as books:
        books.connection.exec_driver_sql("DROP TABLE held")
        books.commit()
    assert pending_changes(run.ledger, NOW) is None
    assert run(recorded(FULL[:-1]), target(sink), hold=True).held
