"""Ctrl-C, SIGTERM, a closed terminal around the commit: all as it was, or all done; nothing only remembered."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT
from tests.publishing.ledger.publishing import bodies, published, rows

SCRIPT = """
import os, sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from scraper.cli.run import protect_delivery
from scraper.system.interruptions import answer_interruptions
from tests.publishing.ledger.publishing import published
answer_interruptions()
folder, signal, when = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
class At:
    def step(self, name):
        if name == when:
            os.kill(os.getpid(), signal)
        return nullcontext()
try:
    job = SimpleNamespace(is_piped=False, is_pushed=False)
    published(folder, "B", 1, At(), before_commit=lambda: protect_delivery(job))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "when", "code"),
    [
        (signal.SIGINT, "comparing", 130),
        (signal.SIGINT, "writing", 0),
        (signal.SIGTERM, "writing", 0),
        (signal.SIGHUP, "comparing", 130),
    ],
)
def test_an_interruption(tmp_path: Path, number: int, when: str, code: int) -> None:
    """Before the commit it ends the run, calendars and ledger as they were; after it the run ends well."""
    ended, whole = tmp_path / "ended", tmp_path / "whole"
    for folder in (ended, whole):
        folder.mkdir()
        published(folder, "A", 0)
    if code == 0:
        published(whole, "B", 1)
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(ended), str(int(number)), when], cwd=ROOT, check=False)
    assert run.returncode == code
    assert (bodies(ended), rows(ended)) == (bodies(whole), rows(whole))


def test_what_is_raised_before_the_commit_leaves_all_as_it_was(tmp_path: Path) -> None:
    """The moment is before anything is remembered."""
    published(tmp_path, "A", 0)
    before = bodies(tmp_path), rows(tmp_path)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        published(tmp_path, "B", 1, before_commit=interrupted)
    assert (bodies(tmp_path), rows(tmp_path)) == before
