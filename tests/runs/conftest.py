"""The world around the runs of one account."""

from pathlib import Path

import pytest

from tests.runs.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A portal that is well, and a state folder that is not there yet."""
    return World(state=tmp_path / "state")
