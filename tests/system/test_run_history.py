"""The history of runs: fields, limits, blocks, and damaged files."""

import json
import stat
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from scraper.errors import StateError
from scraper.system.run_history import MOST_RUNS, Run, Runs
from tests.cases import for_each
from tests.processes import new_process

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """The runs of an account that never ran."""
    return Runs(tmp_path / "state", "prénom.nom@école.fr")


def run(number: int = 0, exit_code: int = 0) -> Run:
    """Return the run of that hour."""
    return Run(at=NOON + timedelta(hours=number), exit_code=exit_code, unattended=True)


def file_of(runs: Runs) -> Path:
    """Return the only file of runs."""
    (path,) = (runs.state / "runs").glob("*.json")
    return path


def test_run_is_stored_with_every_field(runs: Runs) -> None:
    """A time in another zone is the same instant."""
    at = NOON.astimezone(timezone(timedelta(hours=-9)))
    one = Run(at=at, exit_code=5, error="PortalUnavailable", reason="timeout", seconds=61.5, unattended=True)
    assert (runs.last(), runs.all()) == (None, ())
    runs.add(one)
    runs.add(run(1))
    assert runs.all() == (one, run(1))
    assert runs.last() == run(1)


def test_accounts_do_not_share_their_runs(runs: Runs) -> None:
    """Names that differ in case or by a letter are different accounts on any file system."""
    runs.add(run())
    assert Runs(runs.state, runs.account.upper()).all() == ()
    assert Runs(runs.state, "../" + runs.account).all() == ()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are the folder's there")
def test_runs_are_private(runs: Runs) -> None:
    """Only the user can read folder and files, also after later runs."""
    for number in range(3):
        runs.add(run(number))
    assert {stat.S_IMODE(path.stat().st_mode) for path in (runs.state / "runs").iterdir()} == {0o600}
    assert [stat.S_IMODE(path.stat().st_mode) for path in (runs.state, runs.state / "runs")] == [0o700, 0o700]


def test_number_of_runs_is_limited_and_the_last_success_stays(runs: Runs) -> None:
    """Fifty runs are kept, and the last successful one of any age."""
    runs.add(run(0))
    runs.add(run(1))
    for number in range(2, MOST_RUNS + 50):
        runs.add(run(number, 5))
    assert runs.all() == (run(1), *(run(number, 5) for number in range(50, MOST_RUNS + 50)))
    assert runs.last_good() == run(1)
    runs.add(run(999))
    assert (runs.last_good(), len(runs.all())) == (run(999), MOST_RUNS)


@for_each(
    "damage",
    [
        b"", b"{", b"\xff\xfe", b"[]", b'{"runs": 3}',
        b'{"runs": [3, {}, {"at": "2026"}, {"at": null, "exit_code": 0}]}',
        b'{"runs": [{"at": "2026-11-24T12:00:00", "exit_code": 0}]}', b"[" * 100_000, b" " * 2_000_000,
        b'{"runs": [{"at": "0001-01-01T00:00:00+14:00", "exit_code": 0}], "begun": 7, "blocked": "yes", "fresh": []}',
    ],
)  # fmt: skip
def test_damaged_file_counts_as_empty(runs: Runs, damage: bytes) -> None:
    """Nothing is blocked, and the next run is stored."""
    runs.add(run(1, 3))
    file_of(runs).write_bytes(damage)
    assert (runs.all(), runs.last(), runs.last_good(), runs.started_at()) == ((), None, None, None)
    assert not runs.is_blocked()
    assert not runs.is_fresh()
    runs.add(run(2))
    assert runs.all() == (run(2),)


def test_invalid_run_is_skipped(runs: Runs) -> None:
    """Fields of a later version are ignored."""
    runs.add(run(1))
    data = json.loads(file_of(runs).read_text())
    data["runs"] = [{"at": "later"}, {**data["runs"][0], "new": 1, "seconds": float("nan")}]
    file_of(runs).write_text(json.dumps(data))
    assert runs.all() == (run(1),)


def test_refused_login_blocks_until_a_new_password(runs: Runs) -> None:
    """A successful run ends the block, too; time and other failures do not."""
    runs.add(run(0, 3))
    runs.add(run(1, 5))
    assert runs.is_blocked()
    runs.unblock()
    assert not runs.is_blocked()
    assert runs.is_fresh()
    runs.add(run(2, 3))
    assert runs.is_blocked()
    assert not runs.is_fresh()
    runs.add(run(3))
    assert not runs.is_blocked()


def test_interrupted_run_is_reported_until_the_next_one_ends(runs: Runs) -> None:
    """Stored runs stay."""
    runs.add(run(0))
    runs.mark_started(NOON)
    assert (runs.started_at(), runs.all()) == (NOON, (run(0),))
    runs.add(run(1))
    assert runs.started_at() is None


def test_failed_write_is_reported(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has exit code 8; stored runs stay, without a temporary file."""
    runs.add(run(0))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StateError, match="full"):
        runs.mark_started(NOON)
    assert (runs.all(), runs.started_at()) == ((run(0),), None)
    assert not list((runs.state / "runs").glob("*.tmp"))


def test_state_folder_that_is_a_file_is_reported(tmp_path: Path) -> None:
    """Reading gives no runs."""
    (tmp_path / "state").write_text("")
    runs = Runs(tmp_path / "state", "a")
    assert runs.all() == ()
    with pytest.raises(StateError, match="not-a-folder"):
        runs.add(run(0))


def _add(runs: Runs, first: int) -> None:
    for number in range(first, first + 20):
        runs.add(run(number))


def test_concurrent_processes_lose_no_run(runs: Runs) -> None:
    """Two processes add runs at the same time."""
    two = [new_process(_add, runs, first) for first in (0, 20)]
    for process in two:
        process.start()
    for process in two:
        process.join()
    assert sorted(one.at for one in runs.all()) == [run(number).at for number in range(40)]


def test_result_of_the_login_is_stored_at_once(runs: Runs) -> None:
    """An accepted login ends the block, a refused one begins it; runs and times stay."""
    runs.add(run(0, 3))
    runs.mark_started(NOON)
    runs.note_login(accepted=True)
    assert not runs.is_blocked()
    assert (runs.started_at(), runs.all()) == (NOON, (run(0, 3),))
    for number, code in enumerate((4, 5, 6, 7, 8, 70, 130), 1):
        runs.add(run(number, code))
        assert not runs.is_blocked()
    runs.note_login(accepted=False)
    assert runs.is_blocked()


def test_accepted_login_without_a_block_writes_nothing(runs: Runs) -> None:
    """No file is changed or created."""
    runs.note_login(accepted=True)
    assert not runs.state.exists()


@for_each(
    ("code", "error", "passes"),
    [
        (5, "PortalUnavailable", True), (5, "SessionExpired", True), (8, "SinkUnavailable", True), (8, "", True),
        (8, "SinkRefused", False), (8, "AnotherRun", True), (8, "LaterVersionsError", True), (8, "Path", True),
        (2, "LedgerDamaged", False), (6, "PortalChanged", False),
    ],
)  # fmt: skip
def test_error_decides_whether_a_failure_may_pass(code: int, error: str, *, passes: bool) -> None:
    """Failures with one exit code may end on their own, or need a person."""
    assert Run(at=NOON, exit_code=code, error=error).may_pass is passes
