"""A run on request: it starts at once, is recorded like any run, and does not send a refused password again."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scraper.errors import AnotherRun, DeliveryError, ExitCode, Interrupted, LoginRefused, SinkUnavailable
from scraper.publishing.publish import PublishOptions
from scraper.runs import manual
from scraper.runs.manual import publish_manually
from scraper.runs.run import record_run
from scraper.runs.unattended import ScheduledAccount, run_unattended
from scraper.runs.worker import WorkerResult
from tests.runs.world import World, failed


def run_now(world: World, result: WorkerResult | None = None, *, again: bool = False) -> WorkerResult:
    """Run on request."""
    return record_run(world.runs, lambda: result or WorkerResult(exit_code=0), lambda: world.now, retry_blocked=again)


def test_run_on_request_does_not_wait_and_is_not_notified(world: World) -> None:
    """It starts in spite of a failed unattended run, and the wait of that run stays the same."""
    world.portal = lambda _: failed(5)
    world.turn()
    assert world.turn(hours=0.1).kind == "waiting"
    assert run_now(world, failed(5)).exit_code == 5
    assert [(run.exit_code, run.unattended) for run in world.runs.all()] == [(5, True), (5, False)]
    assert world.turn(hours=0.1).kind == "waiting"
    assert run_now(world).exit_code == 0
    assert world.turn(hours=0.1).kind == "failed", "a good run ends the wait"
    assert world.reader.reported == []


def test_refused_login_is_tried_again_with_another_password_only(world: World) -> None:
    """A second request is refused; after the password is set, both kinds of runs continue."""
    assert run_now(world, failed(3)).exit_code == 3
    with pytest.raises(LoginRefused):
        run_now(world)
    assert world.turn().kind == "blocked"
    assert len(world.runs.all()) == 1
    assert run_now(world, again=True).exit_code == 0
    assert world.turn().kind == "done"


def test_bug_with_one_account_does_not_stop_the_others(world: World, home: Path) -> None:
    """It is saved for a report, and the account counts as failed."""
    del home

    class Broken:
        def send(self, title: str, text: str) -> bool:
            raise RuntimeError(title + text)

    accounts = [ScheduledAccount(name=name, label=name, notifier=Broken()) for name in ("anna", "ben")]
    turns = run_unattended(accounts, lambda account, _: failed(3 if account.name == "anna" else 0), world.context)
    assert [(turn.kind, turn.exit_code) for turn in turns] == [("failed", ExitCode.BUG), ("done", 0)]


def test_stopped_run_is_recorded_as_interrupted(world: World) -> None:
    """It is not a failure, and no run is in progress afterwards."""

    def stopped() -> WorkerResult:
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        record_run(world.runs, stopped, lambda: world.now)
    assert (world.runs.started_at(), [run.exit_code for run in world.runs.all()]) == (None, [130])


@pytest.mark.slow
def test_second_run_is_refused_while_one_is_in_progress(world: World) -> None:
    """An unattended run is left out; the refused runs are not recorded."""
    with world.runs.lock():
        assert world.runs.is_running()
        with pytest.raises(AnotherRun):
            run_now(world)
        assert (world.turn().kind, world.turn().exit_code) == ("another", 0)
    assert world.runs.all() == ()
    assert not world.runs.is_running()
    assert run_now(world).exit_code == 0


@pytest.mark.slow
def test_run_on_request_is_refused_during_an_unattended_run(world: World) -> None:
    """A run that was cut off does not prevent another."""

    def exporting(_: object) -> WorkerResult:
        with pytest.raises(AnotherRun):
            run_now(world)
        return WorkerResult(exit_code=0)

    world.portal = exporting
    assert world.turn().kind == "done"
    world.runs.mark_started(world.now)
    assert run_now(world).exit_code == 0


def test_interrupted_run_is_recorded_as_interrupted(world: World) -> None:
    """Ctrl-C is raised again after the record."""

    def interrupted() -> WorkerResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_run(world.runs, interrupted, lambda: world.now, unattended=True)
    assert (world.runs.started_at(), world.runs.is_running()) == (None, False)
    assert [(run.exit_code, run.unattended) for run in world.runs.all()] == [(130, True)]


def test_result_that_cannot_be_recorded_is_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the end of a run is ignored only with `must_store=False`, as at a terminal."""

    def work() -> WorkerResult:
        monkeypatch.setattr("os.fsync", full)
        return WorkerResult(exit_code=0)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    assert record_run(world.runs, work, lambda: world.now, must_store=False).exit_code == 0
    monkeypatch.undo()
    with pytest.raises(DeliveryError):
        record_run(world.runs, work, lambda: world.now)
    assert world.runs.all() == ()


def test_runs_that_may_overlap_need_no_lock(world: World) -> None:
    """Runs by options may overlap, because they may belong to two portals."""
    with world.runs.lock():
        result = record_run(
            world.runs, lambda: WorkerResult(exit_code=0, held=True), lambda: world.now, may_overlap=True
        )
    assert result.held
    assert [run.held for run in world.runs.all()] == [True]


def test_undelivered_publication_is_a_failed_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is recorded if nothing is pending any more."""

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
