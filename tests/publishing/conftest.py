"""Runs of an account, with a ledger in a file and in PostgreSQL, and a calendar in memory."""

import sys
from pathlib import Path

import pytest

from tests.publishing.ledger.hosted_runs import HostedRuns
from tests.publishing.ledger.runs import Memory, Runs

KINDS = ("file", "postgres") if sys.platform == "linux" else ("file",)
"""The service runs on Linux."""


@pytest.fixture(params=KINDS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Runs:
    """Runs with a ledger that does not exist yet: in a file, and in PostgreSQL."""
    if request.param == "postgres":
        return HostedRuns(engine=request.getfixturevalue("students"))
    return Runs(tmp_path / "state" / "ledgers" / "one.sqlite")


@pytest.fixture
def sink() -> Memory:
    """A calendar that is not there yet."""
    return Memory()
