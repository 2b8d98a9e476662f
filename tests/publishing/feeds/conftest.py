"""An account's runs with a ledger of their own."""

from pathlib import Path

import pytest

from tests.publishing.ledger.runs import Runs


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    """Runs with a ledger in a folder that does not exist yet."""
    return Runs(tmp_path / "state" / "ledgers" / "one.sqlite")
