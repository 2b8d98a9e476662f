"""The file of a ledger: permissions, damage, locks, and errors of the file system."""

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
from tests.cases import for_each
from tests.publishing.ledger.runs import FULL, NOW, ONE, PARIS, Memory, Runs, recorded, target

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
    """Return the error of a run with a change; check that the calendar stays."""
    before = sink.body, sink.written
    with pytest.raises(AurionError) as caught:
        run(recorded(FULL[:-1]), target(sink))
    assert (sink.body, sink.written) == before
    return caught.value


def test_ledger_is_private(run: Runs, sink: Memory) -> None:
    """The folder has mode 0700 and each file 0600, whatever the umask."""
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


@for_each(
    "body",
    [b"not a database", b"SQLite format 3\0" + b"\xff" * 200],
)
def test_other_file_is_reported_as_damaged(run: Runs, body: bytes) -> None:
    """Exit code 2; the file stays."""
    run, sink = run.other(), Memory()
    run(recorded(FULL), target(sink))
    for path in run.path.parent.glob("*.sqlite-*"):
        path.unlink()
    run.path.write_bytes(body)
    error = refused(run, sink)
    assert (type(error), error.exit_code, error.facts["path"]) == (LedgerDamaged, 2, str(run.path))
    assert run.path.read_bytes() == body


@for_each(
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
def test_wrong_value_in_any_table_is_reported_as_damage(run: Runs, damage: str) -> None:
    """The error has the path of the ledger."""
    run, sink = run.other(), Memory()
    run(recorded(FULL), target(sink))
    connection = sqlite3.connect(run.path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    error = refused(run, sink)
    assert (type(error), error.exit_code, error.facts["path"]) == (LedgerDamaged, 2, str(run.path))


def test_wrong_value_in_the_history_is_reported_as_damage(run: Runs, sink: Memory) -> None:
    """Reading changes, calendars and a body raises the same error."""
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
def test_random_damage_is_an_error_or_does_no_harm(run: Runs, sink: Memory) -> None:
    """A run with flipped bytes or a cut end raises a LedgerError, or publishes the events."""
    run(recorded(FULL), target(sink))
    whole, calendar, random = run.path.read_bytes(), sink.body, Random(1)  # noqa: S311 - chance, no secret
    refusals = 0
    for turn in range(100):
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
    assert refusals > 7


def test_locked_ledger_is_reported_until_the_other_process_ends(
    run: Runs, sink: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 8; the lock ends with its process."""
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


def test_folder_that_cannot_be_created_is_reported(tmp_path: Path, sink: Memory) -> None:
    """End with exit code 8 and the text of the system, where the parent is a file."""
    (tmp_path / "file").write_bytes(b"")
    run = Runs(tmp_path / "file" / "ledgers" / "one.sqlite")
    error = refused(run, sink)
    assert (type(error), error.exit_code, bool(error.facts["detail"])) == (StateError, 8, True)


def test_folder_at_the_path_of_the_ledger_is_reported(run: Runs, sink: Memory) -> None:
    """Exit code 8."""
    run.path.mkdir(parents=True)
    error = refused(run, sink)
    assert (type(error), error.exit_code) == (LedgerError, 8)


def test_empty_file_is_a_new_ledger(run: Runs, sink: Memory) -> None:
    """Rebuild the ledger from the calendar."""
    run(recorded(FULL), target(sink))
    for path in run.path.parent.glob("*"):
        path.unlink()
    run.path.touch()
    assert run(recorded(FULL), target(sink)).changes == ()
    assert sink.written == 1


def test_old_temporary_file_beside_the_ledger_is_deleted(tmp_path: Path) -> None:
    """A new one may be another run's and stays."""
    old, fresh = (tmp_path / f".{digit * 16}.tmp" for digit in "ab")
    for file in (old, fresh):
        file.touch()
    os.utime(old, (0, 0))
    with LedgerFile(tmp_path / "one.sqlite", PARIS).writing():
        pass
    assert (old.exists(), fresh.exists()) == (False, True)


def test_missing_table_of_an_earlier_version_is_created(run: Runs, sink: Memory) -> None:
    """Changes can then be held."""
    run(recorded(FULL), target(sink))
    with run.ledger.writing() as books:
        books.connection.exec_driver_sql("DROP TABLE held")
        books.commit()
    assert pending_changes(run.ledger, NOW) is None
    assert run(recorded(FULL[:-1]), target(sink), hold=True).held
