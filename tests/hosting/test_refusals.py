"""Many refused passwords at once; `python -m tests.hosting.refusals` has 10,000 of them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.hosting.refusals import DIES_EVERY, refuse_all


@pytest.mark.slow
def test_each_refused_password_is_sent_once(engine: Engine, database_address: str, tmp_path: Path) -> None:
    """Clicks on several days and workers that die after the answer change nothing."""
    count = 5 * DIES_EVERY
    assert refuse_all(engine, database_address, tmp_path, count) == {1: count}
