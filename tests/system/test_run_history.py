"""What is remembered of each run."""

import json
import stat
import sys
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import pytest

from scraper.errors import StateError
from scraper.system.run_history import MOST_RUNS, Run, Runs
from tests.cases import for_each

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Those of an account that never ran."""
    return Runs(tmp_path / "state", "prénom.nom@école.fr")


def run(number: int = 0, exit_code: int = 0) -> Run:
    """The run of that hour."""
    return Run(at=NOON + timedelta(hours=number), exit_code=exit_code, unattended=True)


def file_of(runs: Runs) -> Path:
    """The only file there is."""
    (path,) = (runs.state / "runs").glob("*.json")
    return path


def test_a_run_comes_back_as_it_was(runs: Runs) -> None:
    """Every field is kept; a time in another zone is the same instant."""
    at = NOON.astimezone(timezone(timedelta(hours=-9)))
    one = Run(at=at, exit_code=5, error="PortalUnavailable", reason="timeout", seconds=61.5, unattended=True)
    assert (runs.last(), runs.all()) == (None, ())
    runs.add(one)
    runs.add(run(1))
    assert runs.all() == (one, run(1))
    assert runs.last() == run(1)


def test_accounts_do_not_share_their_runs(runs: Runs) -> None:
    """Names that differ in case or by a letter are other accounts, whatever the file system."""
    runs.add(run())
    assert Runs(runs.state, runs.account.upper()).all() == ()
    assert Runs(runs.state, "../" + runs.account).all() == ()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are the folder's there")
def test_they_are_their_users_alone(runs: Runs) -> None:
    """Folder and files can be read by their user only, also after later runs."""
    for number in range(3):
        runs.add(run(number))
    assert {stat.S_IMODE(path.stat().st_mode) for path in (runs.state / "runs").iterdir()} == {0o600}
    assert [stat.S_IMODE(path.stat().st_mode) for path in (runs.state, runs.state / "runs")] == [0o700, 0o700]


def test_they_are_bounded_but_the_last_good_one_stays(runs: Runs) -> None:
    """After years there are fifty, and the last that was done however long ago."""
    runs.add(run(0))
    runs.add(run(1))
    for number in range(2, MOST_RUNS + 50):
        runs.add(run(number, 5))
    assert runs.all() == (run(1), *(run(number, 5) for number in range(50, MOST_RUNS + 50)))
    assert runs.last_good() == run(1)
    runs.add(run(999))
    assert (runs.last_good(), len(runs.all())) == (run(999), MOST_RUNS)


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"{", b"\xff\xfe", b"[]", b'{"runs": 3}',
        b'{"runs": [3, {}, {"at": "2026"}, {"at": null, "exit_code": 0}]}',
        b'{"runs": [{"at": "2026-11-24T12:00:00", "exit_code": 0}]}', b"[" * 100_000, b" " * 2_000_000,
        b'{"runs": [{"at": "0001-01-01T00:00:00+14:00", "exit_code": 0}], "begun": 7, "blocked": "yes", "fresh": []}',
    ],
)  # fmt: skip
def test_damage_is_no_runs(runs: Runs, damage: bytes) -> None:
    """Whatever is in the file, there are no runs, nothing is blocked, and the next run is remembered."""
    runs.add(run(1, 3))
    file_of(runs).write_bytes(damage)
    assert (runs.all(), runs.last(), runs.last_good(), runs.started_at()) == ((), None, None, None)
    assert not runs.is_blocked()
    assert not runs.is_fresh()
    runs.add(run(2))
    assert runs.all() == (run(2),)


def test_a_run_that_is_none_hides_no_other(runs: Runs) -> None:
    """What a later version writes besides is left out; the rest is read."""
    runs.add(run(1))
    data = json.loads(file_of(runs).read_text())
    data["runs"] = [{"at": "later"}, {**data["runs"][0], "new": 1, "seconds": float("nan")}]
    file_of(runs).write_text(json.dumps(data))
    assert runs.all() == (run(1),)


def test_a_refused_login_is_blocked_until_the_password_is_set_again(runs: Runs) -> None:
    """Neither time nor other failures end the block; a new password does, or a run that went well."""
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


def test_a_run_that_was_cut_off_shows(runs: Runs) -> None:
    """What began and never ended is seen, and remembered runs stay; the next run's end clears it."""
    runs.add(run(0))
    runs.mark_started(NOON)
    assert (runs.started_at(), runs.all()) == (NOON, (run(0),))
    runs.add(run(1))
    assert runs.started_at() is None


def test_a_state_that_cannot_be_written_is_stated(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an error of ours with code 8; what was remembered is still there, and no rest of a file."""
    runs.add(run(0))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StateError, match="full"):
        runs.mark_started(NOON)
    assert (runs.all(), runs.started_at()) == ((run(0),), None)
    assert not list((runs.state / "runs").glob("*.tmp"))


def test_a_state_folder_that_is_a_file_is_stated(tmp_path: Path) -> None:
    """Where no folder can be made nothing is read, and writing is an error of ours."""
    (tmp_path / "state").write_text("")
    runs = Runs(tmp_path / "state", "a")
    assert runs.all() == ()
    with pytest.raises(StateError, match="not-a-folder"):
        runs.add(run(0))


def _add(runs: Runs, first: int) -> None:
    for number in range(first, first + 20):
        runs.add(run(number))


def test_two_at_once_lose_nothing(runs: Runs) -> None:
    """Two processes that add at the same time leave every run of both."""
    two = [get_context("spawn").Process(target=_add, args=(runs, first)) for first in (0, 20)]
    for process in two:
        process.start()
    for process in two:
        process.join()
    assert sorted(one.at for one in runs.all()) == [run(number).at for number in range(40)]


def test_what_the_portal_says_of_a_login_counts_at_once(runs: Runs) -> None:
    """An accepted login ends the block whatever becomes of the run; a refused one begins it; runs and times stay."""
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


def test_an_accepted_login_that_was_not_blocked_writes_nothing(runs: Runs) -> None:
    """Most logins: no file is touched, none is made."""
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
def test_what_may_pass_is_reported_by_the_error(code: int, error: str, *, passes: bool) -> None:
    """Of one exit code some failures are over on their own and others wait for a person."""
    assert Run(at=NOON, exit_code=code, error=error).may_pass is passes
