"""The day when passwords change: `python -m tests.hosting.refusals` has it for 10,000 students."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.hosting.refusals import DIES_EVERY, refuse_all


@pytest.mark.slow
def test_many_refused_passwords_are_sent_once_each(engine: Engine, database_address: str, tmp_path: Path) -> None:
    """For days, whatever the students click, and although workers die after the portal's answer."""
    count = 5 * DIES_EVERY
    assert refuse_all(engine, database_address, tmp_path, count) == {1: count}
