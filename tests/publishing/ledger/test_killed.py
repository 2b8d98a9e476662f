"""A run, or a word, that is killed at any moment leaves whole calendars, and the next run makes up for it."""

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

PARTS = 2
OURS = re.compile(
    r"planning\.ics|google\.ics|(ledger/)?\.[0-9a-f]{16}\.tmp|ledger/one\.(lock|sqlite(-wal|-shm|-journal)?)"
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    pytest.mark.timeout(900),
]
MEMORY = Path("/dev/shm")  # noqa: S108 - where files cost nothing; each run's folder is its own


def kills(how: str) -> list[dict[str, object]]:
    """What each kill left."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        folders = [Path(name) / str(part) for part in range(PARTS)]
        for folder in folders:
            folder.mkdir()
        parts = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.publishing.ledger.killing", how, str(folder), str(part), str(PARTS)],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            )
            for part, folder in enumerate(folders)
        ]  # fmt: skip
        stated = [part.communicate() for part in parts]
    assert [(part.returncode, errors) for part, (_, errors) in zip(parts, stated, strict=True)] == [(0, "")] * PARTS
    return [json.loads(line) for reported, _ in stated for line in reported.splitlines()]


def wrong(one: dict[str, object]) -> bool:
    """Whether a kill left anything but whole calendars, or the next run is not the one that it should be.

    It is as if the killed run had ended well, where that had committed, or else as if it had never been; the ledger
    too. A new calendar is there only where the ledger knows of it.
    """
    committed, files = one["committed"], one["files"]
    stray = [name for name in one["left"] if not OURS.fullmatch(name)]  # type: ignore[attr-defined]
    whole = "torn" not in files and (committed or "new" not in files)  # type: ignore[operator]
    return not whole or (one["done"], one["never"]) != (committed, not committed) or bool(stray)


def test_killed_at_every_line() -> None:
    """Before each line of publishing, ledger and file that changed the files: nothing is torn or lost."""
    found = kills("lines")
    assert [one for one in found if wrong(one)] == []
    assert {one["ended"] for one in found} == {-9}
    states = {(tuple(one["files"]), one["committed"]) for one in found}  # type: ignore[arg-type]
    assert states == {
        (("old", "old"), False), (("old", "old"), True), (("new", "old"), True), (("new", "new"), True),
    }  # fmt: skip


def test_killed_at_any_moment() -> None:
    """Also in the middle of a line: of a commit, of a swap."""
    found = kills("moments")
    assert len(found) == 4 * MOMENTS
    assert [one for one in found if wrong(one)] == []
    assert -9 in {one["ended"] for one in found} <= {-9, 0}
