"""An account's runs with a ledger of their own, and a calendar in memory."""

from pathlib import Path

import pytest

from tests.publishing.ledger.runs import Memory, Runs


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    """Runs with a ledger in a folder that is not there yet."""
    return Runs(tmp_path / "state" / "ledgers" / "one.sqlite")


@pytest.fixture
def sink() -> Memory:
    """A calendar that is not there yet."""
    return Memory()
