"""A fixture: the simulated world of one account."""

from pathlib import Path

import pytest

from tests.runs.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world with a portal that works, and a state folder that does not exist yet."""
    return World(state=tmp_path / "state")
