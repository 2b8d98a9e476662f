"""A run or a publication of pending changes that is killed leaves complete calendars, and the next run continues."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.publishing.ledger.killing import MOMENTS

OURS = re.compile(
    r"planning\.ics|google\.ics|(ledger/)?\.[0-9a-f]{16}\.tmp|ledger/one\.(lock|sqlite(-wal|-shm|-journal)?)"
)
MEMORY = Path("/dev/shm")  # noqa: S108 - where files cost nothing; each run's folder is its own


def kills() -> list[dict[str, object]]:
    """Return the result of each kill."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.publishing.ledger.killing", folder],
            cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_wrong(one: dict[str, object]) -> bool:
    """Return whether a kill left an incomplete calendar, or the next run gives another result than it should.

    The result is that of a complete run if the killed run had committed, else as if it had never begun; this holds
    for the ledger, too. A new calendar is there only where the ledger knows of it.
    """
    committed, files = one["committed"], one["files"]
    stray = [name for name in one["left"] if not OURS.fullmatch(name)]  # type: ignore[attr-defined]
    whole = "torn" not in files and (committed or "new" not in files)  # type: ignore[operator]
    return not whole or (one["done"], one["never"]) != (committed, not committed) or bool(stray)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.timeout(900)
def test_killed_run_leaves_complete_calendars_for_the_next_run() -> None:
    """A run is killed before each line that follows a change of files, and at random moments, as during a commit."""
    found = kills()
    assert [one for one in found if is_wrong(one)] == []
    at_lines = [one for one in found if one["is_at_line"]]
    assert {one["ended"] for one in at_lines} == {-9}
    states = {(tuple(one["files"]), one["committed"]) for one in at_lines}  # type: ignore[arg-type]
    assert states == {
        (("old", "old"), False), (("old", "old"), True), (("new", "old"), True), (("new", "new"), True),
    }  # fmt: skip
    at_moments = [one for one in found if not one["is_at_line"]]
    assert len(at_moments) == 4 * MOMENTS
    assert -9 in {one["ended"] for one in at_moments} <= {-9, 0}
