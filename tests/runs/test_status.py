"""What `aurion status` says of each account."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scraper.i18n import LANGUAGES, Catalogue
from scraper.runs.account_status import status_of
from scraper.system.paths import state_folder
from scraper.system.run_history import Run, Runs
from tests.commands import run_here

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(hours_ago: float, exit_code: int = 0, reason: str = "") -> Run:
    """A run of that time, on its own."""
    error = f"Error{exit_code}" if exit_code else ""
    return Run(at=NOW - hours_ago * HOUR, exit_code=exit_code, error=error, reason=reason, unattended=True)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Those of an account that never ran."""
    return Runs(tmp_path / "state", "camille")


def known(runs: Runs, *reported: Run) -> Runs:
    """The same, with these runs behind it."""
    for one in reported:
        runs.add(one)
    return runs


def test_all_is_well_after_a_good_run(runs: Runs) -> None:
    """Nothing is wrong, and its age is that of the last good export."""
    status = status_of(known(runs, run(9, 5), run(3)), NOW, has_timer=True)
    assert (status.problem, status.exit_code, status.until) == ("", 0, None)
    assert status.age(NOW) == 3 * HOUR


def test_an_account_that_never_ran_is_not_well(runs: Runs) -> None:
    """A monitor hears of an export that is still to be made."""
    status = status_of(runs, NOW, has_timer=False)
    assert (status.problem, status.exit_code, status.age(NOW)) == ("never", 2, None)


@pytest.mark.parametrize("code", [2, 4, 5, 6, 7, 8, 9, 70])
def test_a_failure_is_a_problem_with_its_code(runs: Runs, code: int) -> None:
    """The calendar's age stays that of the last good one; how long the portal is left alone is reported."""
    status = status_of(known(runs, run(30), run(0.5, code)), NOW, has_timer=True)
    assert (status.problem, status.exit_code) == (str(code), code)
    assert status.age(NOW) == 30 * HOUR
    assert (status.until is None) == (code == 2)


def test_a_refused_login_is_blocked_until_it_is_set_again(runs: Runs) -> None:
    """Also where another failure came since; then it is no longer blocked, and not well either."""
    known(runs, run(3, 3), run(2, 5))
    status = status_of(runs, NOW, has_timer=True)
    assert (status.problem, status.exit_code) == ("blocked", 3)
    runs.add(run(1, 3))
    runs.unblock()
    status = status_of(runs, NOW, has_timer=True)
    assert (status.problem, status.exit_code, status.until) == ("3", 3, None)


def test_an_old_calendar_is_a_problem_only_where_runs_are_planned(runs: Runs) -> None:
    """Who exports by hand decides how old it may be; a timer that does not run shows."""
    known(runs, run(24 * 3))
    assert status_of(runs, NOW, has_timer=False).exit_code == 0
    assert (status_of(runs, NOW, has_timer=True).problem, status_of(runs, NOW, has_timer=True).exit_code) == ("old", 5)


def test_what_was_interrupted_hides_no_run_before_it(runs: Runs) -> None:
    """Ctrl-C after a good run is no problem; alone it is one."""
    assert status_of(known(runs, run(1, 130)), NOW, has_timer=True).exit_code == 130
    assert status_of(known(runs, run(1), run(0, 130)), NOW, has_timer=True).exit_code == 0


def test_a_clock_that_was_set_back_makes_no_negative_age(runs: Runs) -> None:
    """A good run in the future is as old as one now."""
    status = status_of(known(runs, run(-1000)), NOW, has_timer=True)
    assert (status.age(NOW), status.exit_code) == (timedelta(), 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_without_a_failed_run_has_its_sentence_and_what_to_do(language: str) -> None:
    """The others have those of their run's error."""
    words = Catalogue(language)
    for problem in ("never", "old"):
        for part in ("message", "hint"):
            assert words.has(f"status.problems.{problem}.{part}"), problem


def aurion(*arguments: str, language: str = "fr_FR.UTF-8") -> tuple[int, str]:
    """The command's exit code and what it wrote."""
    done = run_here("status", *arguments, cwd=Path.home(), LANG=language)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def at_home(home: Path) -> Runs:
    """The runs of an export without an account, in the user's own state folder."""
    assert state_folder().is_relative_to(home)
    return Runs(state_folder(), "camille.durand")


def test_before_anything_ran_the_next_step_is_shown(at_home: Runs) -> None:
    """Neither an account nor a run: not well, and how to begin."""
    code, reported = aurion()
    assert code == 2
    assert "aurion export" in reported
    assert at_home.all() == ()


def test_it_works_without_accounts(at_home: Runs) -> None:
    """An export of the general settings has its line, its age and exit code 0."""
    at_home.add(Run(at=datetime.now(UTC) - timedelta(hours=3, minutes=5), exit_code=0))
    code, reported = aurion()
    assert (code, "camille.durand : calendrier du" in reported, "(il y a 3 h)" in reported) == (0, True, True)
    assert "Tout fonctionne." in reported
    code, reported = aurion(language="en_GB.UTF-8")
    assert (code, "(3 h ago)" in reported, "Everything works." in reported) == (0, True, True)


def test_without_a_timer_no_further_try_is_promised(at_home: Runs) -> None:
    """A portal that is away: why, in words; not that it is asked again, because nothing does so."""
    facts = {"host": "127.0.0.1", "detail": "refusé"}
    away = Run(at=datetime.now(UTC), exit_code=5, error="PortalUnavailable", reason="connection", facts=facts)
    at_home.add(away)
    code, reported = aurion()
    assert (code, "joignable (refusé)." in reported, "connection" in reported) == (5, True, False)
    assert "de lui-même" not in reported


@pytest.mark.slow
def test_what_is_wrong_and_what_to_do_is_shown_to_people_and_programs(at_home: Runs) -> None:
    """The same problem, exit code and next step on the screen and in the JSON."""
    at_home.add(Run(at=datetime.now(UTC) - timedelta(days=3), exit_code=0))
    changed = Run(
        at=datetime.now(UTC), exit_code=6, error="PortalChanged", reason="no-schedule", facts={"detail": ""},
        unattended=True,
    )  # fmt: skip
    at_home.add(changed)
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
    assert str(at_home.state) not in account["problem"]["hint"], "a raw recording is not to be sent"


def test_without_an_account_a_refused_login_is_ended_by_an_export(at_home: Runs) -> None:
    """`account password` would need an account: the next step is one that is possible."""
    at_home.add(Run(at=NOW, exit_code=3, error="WrongCredentials"))
    code, reported = aurion()
    assert code == 3
    assert "aurion account password" not in reported
    assert "relancez la commande avec les bons" in reported


def test_the_worst_account_is_the_exit_code(at_home: Runs) -> None:
    """By the contract's order, not by the number."""
    at_home.add(Run(at=NOW, exit_code=8))
    Runs(at_home.state, "other").add(Run(at=NOW, exit_code=4))
    code, reported = aurion()
    assert code == 4
    assert reported.index("other") != -1
    assert reported.index("camille.durand") != -1


def test_a_run_that_was_cut_off_goes_on_no_more(runs: Runs) -> None:
    """Only while someone holds its lock is it under way; a process that was killed leaves one that was cut off."""
    known(runs, run(3)).mark_started(NOW)
    with runs.lock():
        status = status_of(runs, NOW, has_timer=False)
    assert (status.running_since, status.cut_off_at) == (NOW, None)
    status = status_of(runs, NOW, has_timer=False)
    assert (status.running_since, status.cut_off_at) == (None, NOW)
