"""`report` and `replay` at a terminal."""

import sys
from pathlib import Path

import pytest

from scraper.domain.recording import Snapshot, dumps, load
from tests.cli.terminal import Terminal
from tests.diagnostics.report.test_draft import taken
from tests.diagnostics.report.test_useful import failed_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")


@pytest.mark.slow
def test_replay_at_a_terminal_prints_no_calendar(tmp_path: Path) -> None:
    """It prints what was read; the calendar is for a file or a pipe."""
    (tmp_path / "a.json").write_text(dumps(taken("Optique | TD | A12 | 3")), encoding="utf-8")
    terminal = Terminal("replay", "a.json", cwd=tmp_path)
    assert terminal.end() == 0
    assert "Optique | TD | A12 | 3" in terminal.shown
    assert "BEGIN:VCALENDAR" not in terminal.shown


@pytest.mark.parametrize("answer", ["y", "n"])
def test_report_asks_whether_to_keep_the_host(tmp_path: Path, answer: str) -> None:
    """The host is kept after a yes only."""
    page = Snapshot(address="https://mon-pc.test/")
    (tmp_path / "a.json").write_text(dumps(failed_run("other-host", page, host="cas.ecole.test")), encoding="utf-8")
    terminal = Terminal("report", "--recording", "a.json", "--output", "b.json", cwd=tmp_path)
    terminal.answer("cas.ecole.test", answer)
    terminal.answer("b.json", "y")
    assert terminal.end() == 0
    found = load(tmp_path / "b.json").failure
    assert found is not None
    assert (found.facts["host"] == "cas.ecole.test") == (answer == "y")
