"""An export that a person asks for: at once, remembered as any, and never with a password that was refused."""

from types import SimpleNamespace
from typing import Any

import pytest

from scraper.errors import AnotherRun, DeliveryError, Interrupted, LoginRefused, SinkUnavailable
from scraper.publishing.publish import PublishOptions
from scraper.runs import manual
from scraper.runs.manual import publish_manually
from scraper.runs.run import recorded_run
from scraper.runs.worker import WorkerResult
from tests.runs.world import World, failed


def pressed(world: World, result: WorkerResult | None = None, *, again: bool = False) -> WorkerResult:
    """The button."""
    return recorded_run(world.runs, lambda: result or WorkerResult(exit_code=0), lambda: world.now, retry_blocked=again)


def test_it_waits_for_no_turn_and_is_none(world: World) -> None:
    """After a failure of the timer's it runs at once; no one is notified, and the timer's own wait is as it was."""
    world.portal = lambda _: failed(5)
    world.turn()
    assert world.turn(hours=0.1).kind == "waiting"
    assert pressed(world, failed(5)).exit_code == 5
    assert [(run.exit_code, run.unattended) for run in world.runs.all()] == [(5, True), (5, False)]
    assert world.turn(hours=0.1).kind == "waiting"
    assert pressed(world).exit_code == 0
    assert world.turn(hours=0.1).kind == "failed", "a good run ends the wait"
    assert world.someone.reported == []


def test_a_refused_login_is_tried_again_with_another_password_only(world: World) -> None:
    """Pressed twice it is sent once; with the password set again it is sent, and the timer goes on."""
    assert pressed(world, failed(3)).exit_code == 3
    with pytest.raises(LoginRefused):
        pressed(world)
    assert world.turn().kind == "blocked"
    assert len(world.runs.all()) == 1
    assert pressed(world, again=True).exit_code == 0
    assert world.turn().kind == "done"


def test_what_is_stopped_is_remembered_as_that(world: World) -> None:
    """It is no failure, and no run is taken to go on."""

    def stopped() -> WorkerResult:
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        recorded_run(world.runs, stopped, lambda: world.now)
    assert (world.runs.started_at(), [run.exit_code for run in world.runs.all()]) == (None, [130])


@pytest.mark.slow
def test_two_at_once_are_one(world: World) -> None:
    """Whoever began the first: the second is refused, by the timer it is left out, and nothing of it is remembered."""
    with world.runs.lock():
        assert world.runs.is_running()
        with pytest.raises(AnotherRun):
            pressed(world)
        assert (world.turn().kind, world.turn().exit_code) == ("another", 0)
    assert world.runs.all() == ()
    assert not world.runs.is_running()
    assert pressed(world).exit_code == 0


def test_while_the_timer_exports_the_account_no_one_else_does(world: World) -> None:
    """One that was cut off is no hindrance."""

    def exporting(_: object) -> WorkerResult:
        with pytest.raises(AnotherRun):
            pressed(world)
        return WorkerResult(exit_code=0)

    world.portal = exporting
    assert world.turn().kind == "done"
    world.runs.mark_started(world.now)
    assert pressed(world).exit_code == 0


def test_an_interruption_is_stored_as_one(world: World) -> None:
    """Ctrl-C ends the work and is raised again; the run is over and was interrupted."""

    def interrupted() -> WorkerResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recorded_run(world.runs, interrupted, lambda: world.now, unattended=True)
    assert (world.runs.started_at(), world.runs.is_running()) == (None, False)
    assert [(run.exit_code, run.unattended) for run in world.runs.all()] == [(130, True)]


def test_a_result_that_cannot_be_stored_is_an_error_unless_a_person_sees_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the end of a run: only a terminal's result counts all the same."""

    def work() -> WorkerResult:
        monkeypatch.setattr("os.fsync", full)
        return WorkerResult(exit_code=0)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    assert recorded_run(world.runs, work, lambda: world.now, must_store=False).exit_code == 0
    monkeypatch.undo()
    with pytest.raises(DeliveryError):
        recorded_run(world.runs, work, lambda: world.now)
    assert world.runs.all() == ()


def test_runs_that_may_overlap_take_no_lock(world: World) -> None:
    """As runs by options alone, which may belong to two portals."""
    with world.runs.lock():
        result = recorded_run(
            world.runs, lambda: WorkerResult(exit_code=0, held=True), lambda: world.now, may_overlap=True
        )
    assert result.held
    assert [run.held for run in world.runs.all()] == [True]


def test_what_is_published_but_not_delivered_is_a_failed_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the ledger, and nothing waits any more: what was good of it is not reported as dropped."""

    def undelivered(*_: object, **__: object) -> None:
        raise SinkUnavailable("full", path="planning.ics")

    monkeypatch.setattr(manual, "ledger_of_account", lambda _: None)
    monkeypatch.setattr(manual, "publish_pending", undelivered)
    account: Any = SimpleNamespace(school=None, state=world.runs.state, runs=world.runs.account)
    for waits, codes in ((object(), []), (None, [8])):
        monkeypatch.setattr(manual, "pending_changes", lambda *_, waits=waits: waits)
        with pytest.raises(SinkUnavailable):
            publish_manually(account, (), PublishOptions(now=world.now))
        assert [run.exit_code for run in world.runs.all()] == codes
