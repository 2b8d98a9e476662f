"""An export by the command, from the login to the calendar, and its stored files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Control, Demo, Fault
from tests.commands import Done, SharedBrowsers
from tests.lessons import lessons_ahead

Run = Callable[..., Done]
EVENTS = ".*_start"


@pytest.fixture
def export(home: Path, browsers: SharedBrowsers) -> Run:
    """Export from a demo portal in the empty home, over an existing calendar."""

    def run(demo: Demo, *options: str) -> Done:
        command = ["export", "--url", demo.url, "--login", LOGIN, "--json", "--output", "planning.ics"]
        return browsers.run(*command, "--timeout", "10", *options, cwd=home, AURION_PASSWORD=PASSWORD)

    (home / "planning.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    return run


def kinds(demo: Demo) -> list[str]:
    """Return the kinds of the requests in order."""
    return [exchange.kind for exchange in demo.log]


def test_second_export_uses_the_stored_session(export: Run, home: Path) -> None:
    """Send no login and at most four other requests, and find the same events."""
    with Demo(events=lessons_ahead()) as demo:
        first = export(demo, "--months", "1")
        uids = sorted(line for line in (home / "planning.ics").read_text().splitlines() if line.startswith("UID"))
        before = len(demo.log)
        second = export(demo, "--months", "1")
        asked = kinds(demo)[before:]
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "login" not in asked
    assert len([kind for kind in asked if kind != "events"]) <= 4
    again = sorted(line for line in (home / "planning.ics").read_text().splitlines() if line.startswith("UID"))
    assert uids == again != []


@pytest.mark.parametrize(
    ("fault", "code", "error"),
    [
        (Fault(parameter=EVENTS, lose="session"), 5, "SessionExpired"),
        (Fault(parameter=EVENTS, lose="view"), 6, "ViewExpired"),
        (Fault(path="/faces/Login.xhtml", body="<title>Auriga</title><app-root ng-version=17>"), 9, "OtherProduct"),
    ],
    ids=["session", "view", "successor"],
)
def test_failed_export_keeps_the_calendar(export: Run, home: Path, fault: Fault, code: int, error: str) -> None:
    """The JSON has the exit code; the last page is stored in private files."""
    with Demo(control=Control(faults=[fault])) as demo:
        done = export(demo)
    reported = json.loads(done.stdout)
    assert (done.returncode, reported["exit_code"], reported["error"]) == (code, code, error), done.stderr
    assert (home / "planning.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"
    kept = {path.name: path.stat().st_mode & 0o777 for path in home.rglob("failure.*")}
    assert kept == {"failure.html": 0o600, "failure.png": 0o600, "failure.json": 0o600}


def test_recording_covers_every_day(export: Run, home: Path) -> None:
    """Each covered day has its request."""
    with Demo() as demo:
        done = export(demo, "--months", "2", "--record", "rec.json")
    assert done.returncode == 0, done.stderr
    recording = json.loads((home / "rec.json").read_text(encoding="utf-8"))
    runs = [(proof["period"]["first"], proof["period"]["last"]) for proof in recording["proved"]]
    period = json.loads(done.stdout)["period"]
    assert (runs[0][0], runs[-1][1]) == (period["first"], period["last"])
    assert all(0 <= proof["capture"] < len(recording["captures"]) for proof in recording["proved"])
