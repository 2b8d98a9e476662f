"""What is known of a run while it goes on, and after."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scraper.unattended.child import Result
from scraper.web.page import underway
from scraper.web.page.underway import Live

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_step_that_failed_took_as_long_as_the_run_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However late somebody looks; while the run goes on its time grows."""
    clock = [100.0]
    monkeypatch.setattr(underway, "monotonic", lambda: clock[0])
    live = Live(account="marie", number=1, began=NOON, pictures=tmp_path)
    live.step("login", None)
    clock[0] = 101.5
    assert [step.seconds for step in live.steps()] == [1.5]
    clock[0] = 102.0
    live.end(Result(exit_code=3, error="WrongCredentials"), NOON)
    clock[0] = 500.0
    assert [(step.seconds, step.is_over) for step in live.steps()] == [(2.0, False)]
