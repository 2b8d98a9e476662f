"""Unattended runs: the waits after failures, and the notifications."""

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
from tests.cases import for_each
from tests.runs.world import World, failed

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_successful_run_is_recorded_without_a_notification(world: World) -> None:
    """It is recorded with its time and length, and the next run may start at once."""
    world.portal = lambda _: WorkerResult(exit_code=0, kinds={"moved": 2}, seconds=3.25)
    assert world.turn().exit_code == 0
    assert world.runs.last() == Run(at=NOON, exit_code=0, seconds=3.25, unattended=True)
    assert world.turn().kind == "done"
    assert world.reader.reported == []


@for_each("code", [5, 8])
def test_waits_grow_during_an_outage(tmp_path: Path, code: int) -> None:
    """A timer of half an hour asks after 1, 2, 4, 8 and 12 hours, then every 12 hours."""
    world = World(state=tmp_path / f"state-{code}")
    world.portal = lambda _: failed(code, "timeout")
    for _ in range(2 * 60):
        assert world.turn(hours=0.5).exit_code == code
    waits = [(b - a) / timedelta(hours=1) for a, b in zip(world.asked, world.asked[1:], strict=False)]
    assert waits == [1, 2, 4, 8, 12, 12, 12]


@for_each("code", [4, 6, 7, 9, 70, -9])
def test_problem_for_the_user_is_notified_once_and_asked_daily(tmp_path: Path, code: int) -> None:
    """The portal is asked after 6, 12, then every 24 hours."""
    world = World(state=tmp_path / f"state-{code}")
    world.portal = lambda _: failed(code)
    for _ in range(24 * 5):
        world.turn(hours=1)
    waits = [(b - a) / timedelta(hours=1) for a, b in zip(world.asked, world.asked[1:], strict=False)]
    assert waits == [6, 12, 24, 24, 24, 24]
    assert [text.split("\n")[:2] for _, text in world.reader.reported] == [[f"Message {code}.", "Faire ceci."]]


def test_invalid_settings_are_read_again_at_each_turn(world: World) -> None:
    """They need no request to the portal, so a repaired file applies at the next turn."""
    world.portal = lambda _: failed(2, "months")
    assert [world.turn(hours=1).kind for _ in range(3)] == ["failed"] * 3
    assert world.reader.titles == ["problem"]


def test_refused_password_is_not_sent_until_it_is_set_again(world: World) -> None:
    """No request follows for weeks; then the new password is tried at once."""
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
    assert world.reader.titles == ["problem", "resolved"]


def test_skip_backoff_allows_one_run(world: World) -> None:
    """It applies to an outage, but not to a refused login."""
    world.portal = lambda _: failed(5, "timeout")
    world.turn()
    assert world.turn().kind == "waiting"
    world.runs.skip_backoff()
    assert [world.turn().kind, world.turn().kind] == ["failed", "waiting"]
    world.runs.add(Run(at=world.now, exit_code=3))
    world.runs.skip_backoff()
    assert world.turn().kind == "blocked"


def test_outage_is_notified_after_a_day(world: World) -> None:
    """It is notified once, as is its end; short outages are not."""
    for well in (0, 1, 2):
        world.portal = lambda _: failed(5, "timeout")
        for _ in range(12):
            world.turn(hours=1)
        world.portal = lambda _: WorkerResult(exit_code=0)
        for _ in range(12):
            world.turn(hours=1)
        assert world.reader.reported == [], well
    world.portal = lambda _: failed(5, "timeout")
    began = world.now
    while not world.reader.reported:
        world.turn(hours=1)
    assert timedelta(hours=24) <= world.now - began <= timedelta(hours=37)
    for _ in range(100):
        world.turn(hours=1)
    world.portal = lambda _: WorkerResult(exit_code=0)
    for _ in range(24):
        world.turn(hours=1)
    assert world.reader.titles == ["problem", "resolved"]


def test_two_failures_a_week_apart_are_no_outage(world: World) -> None:
    """A computer that was off for a week has no notification."""
    world.portal = lambda _: failed(5, "offline")
    world.turn()
    world.turn(hours=24 * 7)
    assert world.reader.reported == []


def test_each_problem_is_notified_once_with_one_end(world: World) -> None:
    """Each problem has one notification, and all end with the next success."""
    for code, reason in ((6, "a"), (4, "renewal"), (6, "a"), (4, "second-factor"), (5, "dns"), (4, "renewal")):
        world.portal = lambda _, code=code, reason=reason: failed(code, reason)  # type: ignore[misc]
        world.turn(hours=30)
    world.portal = lambda _: WorkerResult(exit_code=0)
    world.turn(hours=30)
    assert world.reader.titles == ["problem", "problem", "problem", "resolved"]


def test_alternating_problem_is_notified_once_a_day(world: World) -> None:
    """A portal that fails every second time has few notifications."""
    for number in range(8):
        world.portal = (lambda _: WorkerResult(exit_code=0)) if number % 2 else (lambda _: failed(6, "a"))
        world.turn(hours=6)
    assert world.reader.titles == ["problem", "resolved", "problem", "resolved"]


def test_unsent_notification_is_sent_later(world: World) -> None:
    """Without a desktop the notification is sent by the next run."""
    world.reader.there = False
    world.portal = lambda _: failed(6)
    world.turn()
    world.reader.there = True
    world.turn(hours=7)
    world.turn(hours=13)
    assert world.reader.titles == ["problem"]


def test_failure_in_the_future_does_not_delay_the_next_run(world: World) -> None:
    """After a clock is set back the waits begin again, without a notification."""
    world.portal = lambda _: failed(5, "timeout")
    world.turn(hours=24 * 365)
    world.now = NOON
    assert [world.turn(hours=0.5).kind for _ in range(3)] == ["failed", "waiting", "waiting"]
    world.portal = lambda _: WorkerResult(exit_code=0)
    assert [world.turn(hours=0.5).kind for _ in range(4)][-1] == "done"
    assert world.reader.reported == []


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a process cannot change its zone there")
def test_another_time_zone_does_not_change_the_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are spans of time, not hours of a clock."""
    world.portal = lambda _: failed(5, "timeout")
    ended = []
    with monkeypatch.context() as patch:
        for zone in ("Europe/Paris", "Pacific/Auckland", "America/Los_Angeles", "Europe/Paris"):
            patch.setenv("TZ", zone)
            time.tzset()
            ended.append(world.turn(hours=0.5).kind)
    time.tzset()
    assert ended == ["failed", "waiting", "failed", "waiting"]


def test_clock_set_back_does_not_hide_a_problem(world: World) -> None:
    """A notification in the future does not suppress the next."""
    world.portal = lambda _: failed(6)
    world.turn(hours=24 * 365)
    world.portal = lambda _: WorkerResult(exit_code=0)
    world.turn(hours=7)
    world.now = NOON
    world.portal = lambda _: failed(6)
    world.turn()
    assert world.reader.titles == ["problem", "resolved", "problem"]


def test_missing_network_is_tried_again_in_the_same_run(world: World) -> None:
    """A computer that wakes needs some seconds for its network; other failures are not tried again."""
    woke = world.now
    world.portal = lambda now: failed(5, "offline") if now < woke + timedelta(seconds=30) else WorkerResult(exit_code=0)
    assert world.turn().kind == "done"
    assert len(world.asked) == 3
    world.portal = lambda _: failed(5, "connection")
    world.turn(hours=6)
    assert len(world.asked) == 4
    assert [run.exit_code for run in world.runs.all()] == [0, 5]


def test_error_of_the_export_is_a_result(world: World) -> None:
    """It is recorded, and notified with its message."""

    def hung(_: datetime) -> WorkerResult:
        raise PortalUnavailable("hung", minutes=10)

    world.portal = hung
    standing = world.turn()
    assert (standing.exit_code, standing.result and standing.result.reason) == (5, "hung")
    assert standing.result
    assert "10 minutes" in standing.result.message
    assert (world.runs.last() or Run(at=NOON, exit_code=0)).error == "PortalUnavailable"


def test_full_disk_prevents_the_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login is not tried if its refusal could not be recorded."""

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
    assert world.reader.reported == []


def test_invalid_state_folder_is_an_error(world: World) -> None:
    """Without a lock there is no request."""
    world.state.write_text("")
    with pytest.raises(DeliveryError):
        world.turn()
    assert world.asked == []


def test_unattended_runs_do_not_overlap(world: World) -> None:
    """A second run ends at once with exit code 0."""
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


def test_cut_off_run_is_logged(world: World) -> None:
    """After a power cut the next run starts, and the log contains the time of the other."""
    world.runs.mark_started(NOON - timedelta(hours=5))
    assert world.turn().kind == "done"
    assert "was cut off" in world.lines[0]


def test_interrupted_run_is_no_failure(world: World) -> None:
    """Ctrl-C and a shutdown have neither a notification nor a wait."""
    world.portal = lambda _: WorkerResult(exit_code=130)
    assert [world.turn().kind for _ in range(3)] == ["failed"] * 3
    assert world.reader.reported == []


def test_login_is_masked_in_notifications(world: World) -> None:
    """A message of the portal may contain it."""
    world.portal = lambda _: WorkerResult(
        exit_code=4, message="Compte camille.durand : à renouveler.", hint="Renouvelez."
    )
    world.turn()
    ((title, text),) = world.reader.reported
    assert "camille" not in title + text
    assert "Compte ••• : à renouveler." in text


def test_exit_code_is_the_worst(world: World) -> None:
    """The order is that of the documentation, also for the result of an earlier turn."""
    assert combined_exit_code([5, 8, 0, 7]) == 7
    assert combined_exit_code([5, 3, 70]) == 70
    assert combined_exit_code([130, 0]) == 130
    assert combined_exit_code([]) == 0
    world.portal = lambda _: failed(5)
    assert [exit_code_of([world.turn()]), exit_code_of([world.turn()])] == [5, 5]
    assert exit_code_of(run_unattended([], lambda *_: failed(3), world.context)) == 0


def test_other_state_folder_has_no_history(world: World, tmp_path: Path) -> None:
    """All records are in the state folder."""
    world.portal = lambda _: failed(3)
    world.turn()
    world.state = tmp_path / "other"
    assert world.turn().kind == "failed"
