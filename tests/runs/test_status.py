"""The status of an account, and the command `aurion status`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scraper.i18n import LANGUAGES, Catalogue
from scraper.runs.account_status import status_of
from scraper.system.paths import state_folder
from scraper.system.run_history import Run, Runs
from tests.cases import for_each
from tests.commands import run_here

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(hours_ago: float, exit_code: int = 0, reason: str = "") -> Run:
    """Return an unattended run that many hours ago."""
    error = f"Error{exit_code}" if exit_code else ""
    return Run(at=NOW - hours_ago * HOUR, exit_code=exit_code, error=error, reason=reason, unattended=True)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Return the history of an account that never ran."""
    return Runs(tmp_path / "state", "camille")


def with_runs(runs: Runs, *reported: Run) -> Runs:
    """Add these runs to the history."""
    for one in reported:
        runs.add(one)
    return runs


def test_status_is_good_after_a_successful_run(runs: Runs) -> None:
    """The age of the calendar is that of the last successful run."""
    status = status_of(with_runs(runs, run(9, 5), run(3)), NOW, has_timer=True)
    assert (status.problem, status.exit_code, status.until) == ("", 0, None)
    assert status.age(NOW) == 3 * HOUR


def test_account_without_a_run_is_a_problem(runs: Runs) -> None:
    """The exit code is 2 until the first export."""
    status = status_of(runs, NOW, has_timer=False)
    assert (status.problem, status.exit_code, status.age(NOW)) == ("never", 2, None)


@for_each("code", [2, 4, 5, 6, 7, 8, 9, 70])
def test_failed_run_is_a_problem_with_its_exit_code(tmp_path: Path, code: int) -> None:
    """The age stays that of the last successful run, and the time of the next attempt is known."""
    runs = with_runs(Runs(tmp_path / f"state-{code}", "camille"), run(30), run(0.5, code))
    status = status_of(runs, NOW, has_timer=True)
    assert (status.problem, status.exit_code) == (str(code), code)
    assert status.age(NOW) == 30 * HOUR
    assert (status.until is None) == (code == 2)


def test_refused_login_blocks_until_the_password_is_set(runs: Runs) -> None:
    """Another failure does not end the block; after `unblock` the failed login stays a problem."""
    with_runs(runs, run(3, 3), run(2, 5))
    status = status_of(runs, NOW, has_timer=True)
    assert (status.problem, status.exit_code) == ("blocked", 3)
    runs.add(run(1, 3))
    runs.unblock()
    status = status_of(runs, NOW, has_timer=True)
    assert (status.problem, status.exit_code, status.until) == ("3", 3, None)


def test_old_calendar_is_a_problem_with_a_timer_only(runs: Runs) -> None:
    """Without a timer the user decides how old the calendar may be."""
    with_runs(runs, run(24 * 3))
    assert status_of(runs, NOW, has_timer=False).exit_code == 0
    assert (status_of(runs, NOW, has_timer=True).problem, status_of(runs, NOW, has_timer=True).exit_code) == ("old", 5)


def test_interrupted_run_does_not_hide_the_run_before(runs: Runs) -> None:
    """After a successful run it is not a problem; alone it is."""
    assert status_of(with_runs(runs, run(1, 130)), NOW, has_timer=True).exit_code == 130
    assert status_of(with_runs(runs, run(1), run(0, 130)), NOW, has_timer=True).exit_code == 0


def test_run_in_the_future_has_no_negative_age(runs: Runs) -> None:
    """The clock may have been set back."""
    status = status_of(with_runs(runs, run(-1000)), NOW, has_timer=True)
    assert (status.age(NOW), status.exit_code) == (timedelta(), 0)


@for_each("language", LANGUAGES)
def test_every_problem_without_a_failed_run_has_a_message_and_a_hint(language: str) -> None:
    """Other problems have those of the error of their run."""
    words = Catalogue(language)
    for problem in ("never", "old"):
        for part in ("message", "hint"):
            assert words.has(f"status.problems.{problem}.{part}"), problem


def aurion(*arguments: str, language: str = "fr_FR.UTF-8") -> tuple[int, str]:
    """Return the exit code and the output of `aurion status`."""
    done = run_here("status", *arguments, cwd=Path.home(), LANG=language)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def home_runs(home: Path) -> Runs:
    """Return the history of an export without an account, in the user's state folder."""
    assert state_folder().is_relative_to(home)
    return Runs(state_folder(), "camille.durand")


def test_status_without_a_run_shows_the_first_command(home_runs: Runs) -> None:
    """Without account and run the exit code is 2."""
    code, reported = aurion()
    assert code == 2
    assert "aurion export" in reported
    assert home_runs.all() == ()


def test_status_works_without_accounts(home_runs: Runs) -> None:
    """An export by the general settings has a line with its age, and exit code 0."""
    home_runs.add(Run(at=datetime.now(UTC) - timedelta(hours=3, minutes=5), exit_code=0))
    code, reported = aurion()
    assert (code, "camille.durand : calendrier du" in reported, "(il y a 3 h)" in reported) == (0, True, True)
    assert "Tout fonctionne." in reported
    code, reported = aurion(language="en_GB.UTF-8")
    assert (code, "(3 h ago)" in reported, "Everything works." in reported) == (0, True, True)


def test_status_without_a_timer_promises_no_other_attempt(home_runs: Runs) -> None:
    """The message is that of the error, without a next attempt."""
    facts = {"host": "127.0.0.1", "detail": "refusé"}
    away = Run(at=datetime.now(UTC), exit_code=5, error="PortalUnavailable", reason="connection", facts=facts)
    home_runs.add(away)
    code, reported = aurion()
    assert (code, "joignable (refusé)." in reported, "connection" in reported) == (5, True, False)
    assert "de lui-même" not in reported


@pytest.mark.slow
def test_status_has_the_same_problem_as_text_and_json(home_runs: Runs) -> None:
    """Problem, exit code and hint are equal."""
    home_runs.add(Run(at=datetime.now(UTC) - timedelta(days=3), exit_code=0))
    changed = Run(
        at=datetime.now(UTC), exit_code=6, error="PortalChanged", reason="no-schedule", facts={"detail": ""},
        unattended=True,
    )  # fmt: skip
    home_runs.add(changed)
    code, text = aurion()
    code_again, output = aurion("--json")
    reported: dict[str, Any] = json.loads(output)
    (account,) = reported["accounts"]
    assert code == code_again == reported["exit_code"] == account["exit_code"] == 6
    assert reported["well"] is False
    assert account["last_run"]["reason"] == "no-schedule"
    assert 3 * 86400 <= account["age_seconds"] <= 3 * 86400 + 60
    assert datetime.fromisoformat(account["not_before"]) > datetime.now(UTC) + timedelta(hours=5)
    for part in ("message", "hint"):
        assert account["problem"][part]
        assert account["problem"][part] in text
    assert "aurion report" in account["problem"]["hint"]
    assert str(home_runs.state) not in account["problem"]["hint"], "a raw recording is not to be sent"


def test_refused_login_without_an_account_is_ended_by_an_export(home_runs: Runs) -> None:
    """`account password` would need an account, so the hint is the command itself."""
    home_runs.add(Run(at=NOW, exit_code=3, error="WrongCredentials"))
    code, reported = aurion()
    assert code == 3
    assert "aurion account password" not in reported
    assert "relancez la commande avec les bons" in reported


def test_exit_code_is_that_of_the_worst_account(home_runs: Runs) -> None:
    """The order is that of the documentation, not that of the numbers."""
    home_runs.add(Run(at=NOW, exit_code=8))
    Runs(home_runs.state, "other").add(Run(at=NOW, exit_code=4))
    code, reported = aurion()
    assert code == 4
    assert reported.index("other") != -1
    assert reported.index("camille.durand") != -1


def test_run_without_its_lock_was_cut_off(runs: Runs) -> None:
    """A run is in progress only while its lock is held; a killed process leaves a run that was cut off."""
    with_runs(runs, run(3)).mark_started(NOW)
    with runs.lock():
        status = status_of(runs, NOW, has_timer=False)
    assert (status.running_since, status.cut_off_at) == (NOW, None)
    status = status_of(runs, NOW, has_timer=False)
    assert (status.running_since, status.cut_off_at) == (None, NOW)
