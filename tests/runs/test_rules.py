"""What a run with no one there does after others, and what a person hears of it."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scraper.errors import DeliveryError, PortalUnavailable
from scraper.runs.unattended import exit_code_of, run_unattended
from scraper.runs.worker import WorkerResult
from scraper.system.run_history import Run, combined_exit_code
from tests.runs.world import World, failed

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_good_run_is_remembered_and_no_one_is_reported(world: World) -> None:
    """It is there with its time and length, and the next one is free to go at once."""
    world.portal = lambda _: WorkerResult(exit_code=0, kinds={"moved": 2}, seconds=3.25)
    assert world.turn().exit_code == 0
    assert world.runs.last() == Run(at=NOON, exit_code=0, seconds=3.25, unattended=True)
    assert world.turn().kind == "done"
    assert world.someone.reported == []


@pytest.mark.parametrize("code", [5, 8])
def test_waits_grow_while_the_portal_or_a_place_is_away(world: World, code: int) -> None:
    """A timer that fires every half hour asks after 1, 2, 4, 8, 12 hours, and after 12 for ever."""
    world.portal = lambda _: failed(code, "timeout")
    for _ in range(2 * 60):
        assert world.turn(hours=0.5).exit_code == code
    waits = [(b - a) / timedelta(hours=1) for a, b in zip(world.asked, world.asked[1:], strict=False)]
    assert waits == [1, 2, 4, 8, 12, 12, 12]


@pytest.mark.parametrize("code", [4, 6, 7, 9, 70, -9])
def test_what_a_person_must_see_to_is_asked_once_a_day(world: World, code: int) -> None:
    """It is reported at once and only once, and asked after 6, 12, then 24 hours."""
    world.portal = lambda _: failed(code)
    for _ in range(24 * 5):
        world.turn(hours=1)
    waits = [(b - a) / timedelta(hours=1) for a, b in zip(world.asked, world.asked[1:], strict=False)]
    assert waits == [6, 12, 24, 24, 24, 24]
    assert [text.split("\n")[:2] for _, text in world.someone.reported] == [[f"Message {code}.", "Faire ceci."]]


def test_wrong_settings_are_read_again_at_each_turn(world: World) -> None:
    """They ask nothing of the portal: a file that was repaired counts at the next turn."""
    world.portal = lambda _: failed(2, "months")
    assert [world.turn(hours=1).kind for _ in range(3)] == ["failed"] * 3
    assert world.someone.titles == ["problem"]


def test_a_refused_password_is_never_sent_again_until_it_is_set_again(world: World) -> None:
    """Weeks go by without a request; then the new one is tried at once, and what works again is reported."""
    world.portal = lambda _: failed(3)
    assert world.turn().kind == "failed"
    for _ in range(200):
        standing = world.turn(hours=6)
        assert (standing.kind, standing.exit_code) == ("blocked", 3)
    assert len(world.asked) == 1
    world.runs.unblock()
    assert world.turn().kind == "failed"
    assert world.turn().kind == "blocked"
    world.portal = lambda _: WorkerResult(exit_code=0)
    world.runs.unblock()
    assert world.turn().kind == "done"
    assert world.someone.titles == ["problem", "resolved"]


def test_someone_who_wants_to_see_a_run_waits_for_nothing_but_a_block(world: World) -> None:
    """`skip_backoff` allows one run in spite of an outage; a refused login stays refused."""
    world.portal = lambda _: failed(5, "timeout")
    world.turn()
    assert world.turn().kind == "waiting"
    world.runs.skip_backoff()
    assert [world.turn().kind, world.turn().kind] == ["failed", "waiting"]
    world.runs.add(Run(at=world.now, exit_code=3))
    world.runs.skip_backoff()
    assert world.turn().kind == "blocked"


def test_an_outage_is_reported_when_it_has_lasted_a_day(world: World) -> None:
    """Not before, not twice, and that it is over; a short one never, though there were others before."""
    for well in (0, 1, 2):
        world.portal = lambda _: failed(5, "timeout")
        for _ in range(12):
            world.turn(hours=1)
        world.portal = lambda _: WorkerResult(exit_code=0)
        for _ in range(12):
            world.turn(hours=1)
        assert world.someone.reported == [], well
    world.portal = lambda _: failed(5, "timeout")
    began = world.now
    while not world.someone.reported:
        world.turn(hours=1)
    assert timedelta(hours=24) <= world.now - began <= timedelta(hours=37)
    for _ in range(100):
        world.turn(hours=1)
    world.portal = lambda _: WorkerResult(exit_code=0)
    for _ in range(24):
        world.turn(hours=1)
    assert world.someone.titles == ["problem", "resolved"]


def test_a_computer_that_slept_for_a_week_without_network_is_no_outage(world: World) -> None:
    """Two tries a week apart are no portal that was away for a week."""
    world.portal = lambda _: failed(5, "offline")
    world.turn()
    world.turn(hours=24 * 7)
    assert world.someone.reported == []


def test_another_problem_is_reported_too_and_one_repair_is_enough(world: World) -> None:
    """Each problem has its notification, whatever comes in between; all of them are over at once."""
    for code, reason in ((6, "a"), (4, "renewal"), (6, "a"), (4, "second-factor"), (5, "dns"), (4, "renewal")):
        world.portal = lambda _, code=code, reason=reason: failed(code, reason)  # type: ignore[misc]
        world.turn(hours=30)
    world.portal = lambda _: WorkerResult(exit_code=0)
    world.turn(hours=30)
    assert world.someone.titles == ["problem", "problem", "problem", "resolved"]


def test_what_comes_and_goes_is_reported_once_a_day(world: World) -> None:
    """A portal that is understood every second time does not keep a telephone ringing."""
    for number in range(8):
        world.portal = (lambda _: WorkerResult(exit_code=0)) if number % 2 else (lambda _: failed(6, "a"))
        world.turn(hours=6)
    assert world.someone.titles == ["problem", "resolved", "problem", "resolved"]


def test_what_came_to_no_one_is_reported_later(world: World) -> None:
    """Without a desktop, or offline, the notification is tried again at the next run."""
    world.someone.there = False
    world.portal = lambda _: failed(6)
    world.turn()
    world.someone.there = True
    world.turn(hours=7)
    world.turn(hours=13)
    assert world.someone.titles == ["problem"]


def test_a_clock_that_was_set_back_makes_no_one_wait(world: World) -> None:
    """A failure that lies in the future is asked again at once, then the waits are as ever; none is reported for it."""
    world.portal = lambda _: failed(5, "timeout")
    world.turn(hours=24 * 365)
    world.now = NOON
    assert [world.turn(hours=0.5).kind for _ in range(3)] == ["failed", "waiting", "waiting"]
    world.portal = lambda _: WorkerResult(exit_code=0)
    assert [world.turn(hours=0.5).kind for _ in range(4)][-1] == "done"
    assert world.someone.reported == []


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a process cannot change its zone there")
def test_a_new_time_zone_changes_no_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are spans, not hours of a clock: landing on another continent shortens or lengthens none."""
    world.portal = lambda _: failed(5, "timeout")
    ended = []
    with monkeypatch.context() as patch:
        for zone in ("Europe/Paris", "Pacific/Auckland", "America/Los_Angeles", "Europe/Paris"):
            patch.setenv("TZ", zone)
            time.tzset()
            ended.append(world.turn(hours=0.5).kind)
    time.tzset()
    assert ended == ["failed", "waiting", "failed", "waiting"]


def test_a_clock_set_back_hides_no_problem(world: World) -> None:
    """What was reported in a future that never came is reported again when it happens."""
    world.portal = lambda _: failed(6)
    world.turn(hours=24 * 365)
    world.portal = lambda _: WorkerResult(exit_code=0)
    world.turn(hours=7)
    world.now = NOON
    world.portal = lambda _: failed(6)
    world.turn()
    assert world.someone.titles == ["problem", "resolved", "problem"]


def test_a_computer_that_wakes_has_a_moment_to_find_its_network(world: World) -> None:
    """No network is tried again within the same run, some seconds later; any other failure is not."""
    woke = world.now
    world.portal = lambda now: failed(5, "offline") if now < woke + timedelta(seconds=30) else WorkerResult(exit_code=0)
    assert world.turn().kind == "done"
    assert len(world.asked) == 3
    world.portal = lambda _: failed(5, "connection")
    world.turn(hours=6)
    assert len(world.asked) == 4
    assert [run.exit_code for run in world.runs.all()] == [0, 5]


def test_an_error_of_ours_is_a_result(world: World) -> None:
    """What the export raises is remembered, and reported in plain words."""

    def hung(_: datetime) -> WorkerResult:
        raise PortalUnavailable("hung", minutes=10)

    world.portal = hung
    standing = world.turn()
    assert (standing.exit_code, standing.result and standing.result.reason) == (5, "hung")
    assert standing.result
    assert "10 minutes" in standing.result.message
    assert (world.runs.last() or Run(at=NOON, exit_code=0)).error == "PortalUnavailable"


def test_a_disk_that_is_full_stops_before_the_portal_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login that might be refused is not tried where that could not be remembered; space repairs all."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        standing = world.turn()
        assert (standing.kind, standing.exit_code) == ("failed", 8)
        assert standing.result
        assert standing.result.message
    assert world.asked == []
    assert world.turn().kind == "done"
    assert world.someone.reported == []


def test_a_state_folder_that_is_none_is_stated(world: World) -> None:
    """Where not even the lock can be made there is an error of ours, and no request."""
    world.state.write_text("")
    with pytest.raises(DeliveryError):
        world.turn()
    assert world.asked == []


def test_runs_never_overlap(world: World) -> None:
    """While one is at work another one has nothing to do, and says so with code 0."""
    holding = (
        "import sys, filelock, pathlib; path = pathlib.Path(sys.argv[1]); path.parent.mkdir()\n"
        "with filelock.FileLock(path): print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", holding, str(world.state / "unattended.lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        standing = world.turn()
        assert (standing.kind, standing.exit_code, world.asked) == ("another", 0, [])
        other.kill()
    assert world.turn().kind == "done"


def test_a_run_that_was_cut_off_is_logged_and_hinders_nothing(world: World) -> None:
    """After a power cut the next run goes on, and the log says since when one had been missing."""
    world.runs.mark_started(NOON - timedelta(hours=5))
    assert world.turn().kind == "done"
    assert "was cut off" in world.lines[0]


def test_an_interrupted_run_is_no_failure(world: World) -> None:
    """Ctrl-C, or a computer that is shut down: no one is notified, nothing waits."""
    world.portal = lambda _: WorkerResult(exit_code=130)
    assert [world.turn().kind for _ in range(3)] == ["failed"] * 3
    assert world.someone.reported == []


def test_a_login_is_in_no_notification(world: World) -> None:
    """What a portal says may name the account: it is masked."""
    world.portal = lambda _: WorkerResult(
        exit_code=4, message="Compte camille.durand : à renouveler.", hint="Renouvelez."
    )
    world.turn()
    ((title, text),) = world.someone.reported
    assert "camille" not in title + text
    assert "Compte ••• : à renouveler." in text


def test_the_exit_code_is_the_worst(world: World) -> None:
    """As the command's contract has it, also of what remains from an earlier turn."""
    assert combined_exit_code([5, 8, 0, 7]) == 7
    assert combined_exit_code([5, 3, 70]) == 70
    assert combined_exit_code([130, 0]) == 130
    assert combined_exit_code([]) == 0
    world.portal = lambda _: failed(5)
    assert [exit_code_of([world.turn()]), exit_code_of([world.turn()])] == [5, 5]
    assert exit_code_of(run_unattended([], lambda *_: failed(3), world.context)) == 0


def test_a_state_folder_elsewhere_starts_again(world: World, tmp_path: Path) -> None:
    """All that is remembered lies in the state folder: another one knows of no block."""
    world.portal = lambda _: failed(3)
    world.turn()
    world.state = tmp_path / "other"
    assert world.turn().kind == "failed"
